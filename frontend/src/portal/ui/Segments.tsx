import { useRef } from 'preact/hooks';
import { useEdges } from './edges.ts';

interface Props {
  label: string;
  /** The parameter of the address that holds the choice. */
  name: string;
  choices: readonly { value: string; text: string }[];
  value: string;
  choose: (value: string) => void;
}

/** One of a few views of the same list, each with an address of its own. */
export function Segments({ label, name, choices, value, choose }: Props) {
  const row = useRef<HTMLElement>(null);
  useEdges(row, choices.length);
  return (
    <nav ref={row} class="segments" aria-label={label}>
      {choices.map((choice) => (
        <a
          key={choice.value}
          href={hrefOf(name, choice.value)}
          aria-current={choice.value === value ? 'true' : undefined}
          onClick={(event) => {
            if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
            // Not a step to go back through.
            event.preventDefault();
            event.stopPropagation();
            choose(choice.value);
          }}
        >
          {choice.text}
        </a>
      ))}
    </nav>
  );
}

/** For who opens it in a window of its own. */
function hrefOf(name: string, value: string): string {
  const search = new URLSearchParams(location.search);
  if (value) search.set(name, value);
  else search.delete(name);
  return `${location.pathname}${search.size > 0 ? `?${search}` : ''}`;
}
