import { Check, Copy } from 'lucide';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Icon } from '../shared/icon.tsx';

interface Props {
  label: string;
  value: string;
  note: string;
}

/** Something that is shown this once, to be copied. */
export function Secret({ label, value, note }: Props) {
  const field = useRef<HTMLInputElement>(null);
  const [said, setSaid] = useState<'' | 'copied' | 'selected'>('');

  useEffect(() => {
    setSaid('');
    field.current?.focus();
  }, [value]);

  const copy = async () => {
    if (field.current) selectAll(field.current);
    try {
      // Only secure contexts have a clipboard.
      await navigator.clipboard.writeText(value);
      setSaid('copied');
    } catch {
      setSaid('selected');
    }
  };

  return (
    <div class="secret">
      <label for="secret">{label}</label>
      <div class="secret-line">
        <input
          ref={field}
          id="secret"
          type="text"
          readOnly
          value={value}
          aria-describedby="secret-note"
          onFocus={(event) => selectAll(event.currentTarget)}
        />
        <button type="button" class="button primary" onClick={() => void copy()}>
          <Icon of={said === 'copied' ? Check : Copy} size={16} />
          {said === 'copied' ? 'Copied' : 'Copy'}
        </button>
      </div>
      <p id="secret-note">{note}</p>
      <p class="visually-hidden" role="status">
        {said === 'copied' && `${label} copied.`}
      </p>
      {said === 'selected' && (
        <p class="hint" role="status">
          This browser lets no page copy here: it is selected, press Ctrl or ⌘ and C.
        </p>
      )}
    </div>
  );
}

/** Selecting scrolls to the end: the beginning says more. */
function selectAll(field: HTMLInputElement): void {
  field.select();
  field.scrollLeft = 0;
}
