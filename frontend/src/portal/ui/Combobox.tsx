import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Problem } from '../../shared/http.ts';
import { endSession } from '../session.ts';
import { Field } from './Field.tsx';

export interface Option {
  id: string;
  text: string;
  detail?: string;
}

interface Props {
  name: string;
  label: string;
  hint?: ComponentChildren;
  error?: string | undefined;
  placeholder?: string;
  text: string;
  change: (text: string) => void;
  pick: (option: Option) => void;
  /** The person goes elsewhere or presses Enter, with whatever is typed; `active` is the option to which arrows have moved. */
  leave?: (active: Option | undefined) => void;
  /** The options for what is typed; asked when typing pauses. */
  suggest: (text: string) => Promise<Option[]>;
  /** What is said when there is nothing to suggest; empty where the field itself says enough. */
  none: string;
  required?: boolean;
  /** What stands there is only where one starts: typing takes its place. */
  selectsAll?: boolean;
}

const pauseMs = 200;

/** A field that suggests: arrows move, Enter takes, Escape closes (the combobox pattern of the ARIA guide). */
export function Combobox({
  name,
  label,
  hint,
  error,
  placeholder,
  text,
  change,
  pick,
  leave,
  suggest,
  none,
  required = false,
  selectsAll = false,
}: Props) {
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const found = useSuggestions(open, text, suggest);
  const isEntering = useRef(false);
  const list = useRef<HTMLDivElement>(null);
  const options = found.options;

  useEffect(() => setActive(-1), [options]);
  useEffect(() => {
    list.current?.children[active]?.scrollIntoView({ block: 'nearest' });
  }, [active]);

  const take = (option: Option) => {
    setOpen(false);
    pick(option);
  };

  const pressed = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && open) {
      event.preventDefault();
      setOpen(false);
    } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      if (!open) return setOpen(true);
      const step = event.key === 'ArrowDown' ? 1 : -1;
      const from = active < 0 && step < 0 ? options.length : active;
      if (options.length > 0) setActive((from + step + options.length) % options.length);
    } else if (event.key === 'Enter' && open) {
      const option = options[active];
      if (!option && !leave) return;
      event.preventDefault();
      if (option) return take(option);
      setOpen(false);
      leave?.(undefined);
    }
  };

  const shown = open && options.length > 0;
  const saysNone = open && found.isEmpty && none !== '';
  return (
    <Field name={name} label={label} hint={hint} error={error}>
      {(attributes) => (
        <div class="combobox">
          <input
            {...attributes}
            type="text"
            role="combobox"
            aria-autocomplete="list"
            aria-expanded={shown}
            aria-controls={`${name}-options`}
            aria-activedescendant={shown && active >= 0 ? `${name}-option-${active}` : undefined}
            autocomplete="off"
            spellcheck={false}
            placeholder={placeholder}
            value={text}
            required={required}
            maxLength={200}
            onInput={(event) => {
              isEntering.current = false;
              change(event.currentTarget.value);
              setOpen(true);
            }}
            onFocus={(event) => {
              setOpen(true);
              isEntering.current = true;
              if (selectsAll) event.currentTarget.select();
            }}
            onClick={(event) => {
              setOpen(true);
              // The press that brought the focus put the caret somewhere.
              const { selectionStart, selectionEnd } = event.currentTarget;
              if (selectsAll && isEntering.current && selectionStart === selectionEnd) {
                event.currentTarget.select();
              }
              isEntering.current = false;
            }}
            onBlur={() => {
              setOpen(false);
              leave?.(options[active]);
            }}
            onKeyDown={pressed}
          />
          <div
            ref={list}
            id={`${name}-options`}
            class="options"
            role="listbox"
            aria-label="Suggestions"
            hidden={!shown}
          >
            {options.map((option, index) => (
              <div
                key={option.id}
                id={`${name}-option-${index}`}
                role="option"
                aria-selected={index === active}
                tabIndex={-1}
                onMouseDown={(event) => {
                  // The field keeps the focus.
                  event.preventDefault();
                  take(option);
                }}
              >
                <span>{option.text}</span>
                {option.detail && <span class="option-detail">{option.detail}</span>}
              </div>
            ))}
          </div>
          <span class={saysNone ? 'options none' : 'visually-hidden'} role="status">
            {saysNone && none}
            {shown && `${options.length} ${options.length === 1 ? 'suggestion' : 'suggestions'}`}
          </span>
        </div>
      )}
    </Field>
  );
}

interface Found {
  options: Option[];
  isEmpty: boolean;
}

const nothingFound: Found = { options: [], isEmpty: false };

function useSuggestions(open: boolean, text: string, suggest: (text: string) => Promise<Option[]>) {
  const [found, setFound] = useState<{ options: Option[]; isEmpty: boolean }>({
    options: [],
    isEmpty: false,
  });
  useEffect(() => {
    // Closed, it forgets: who opens it again must not be offered what is no longer so.
    if (!open) return setFound(nothingFound);
    let wanted = true;
    const timer = setTimeout(
      async () => {
        try {
          const options = await suggest(text.trim());
          if (wanted) setFound({ options, isEmpty: options.length === 0 });
        } catch (error) {
          if (error instanceof Problem && error.status === 401) endSession();
          // Suggestions are a help: without them one types.
          else if (wanted) setFound(nothingFound);
        }
      },
      text ? pauseMs : 0,
    );
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [open, text]);
  return found;
}
