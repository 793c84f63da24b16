import { Search } from 'lucide';
import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Icon } from '../../shared/icon.tsx';

interface Props {
  label: string;
  placeholder: string;
  value: string;
  /** Called when typing pauses, and at once on Enter. */
  search: (text: string) => void;
  field?: RefObject<HTMLInputElement | null>;
}

const pauseMs = 250;
const longestQuery = 200;

export function SearchField({ label, placeholder, value, search, field }: Props) {
  const [text, setText] = useState(value);
  /** The last value that came from here: another one came from the address and takes the field over. */
  const sent = useRef(value);

  useEffect(() => {
    if (value === sent.current) return;
    sent.current = value;
    setText(value);
  }, [value]);

  const send = () => {
    const wanted = text.trim();
    if (wanted === sent.current) return;
    sent.current = wanted;
    search(wanted);
  };

  useEffect(() => {
    const timer = setTimeout(send, pauseMs);
    return () => clearTimeout(timer);
  }, [text]);

  return (
    <search>
      <form
        class="search"
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <Icon of={Search} size={18} />
        <input
          ref={field ?? null}
          type="search"
          aria-label={label}
          placeholder={placeholder}
          maxLength={longestQuery}
          autocomplete="off"
          spellcheck={false}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </form>
    </search>
  );
}
