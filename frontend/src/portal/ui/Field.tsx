import type { ComponentChildren } from 'preact';

interface Attributes {
  id: string;
  name: string;
  'aria-describedby'?: string;
  'aria-invalid'?: true;
}

interface Props {
  name: string;
  label: string;
  hint?: ComponentChildren;
  error?: string | undefined;
  children: (attributes: Attributes) => ComponentChildren;
}

/** A control with its label, its hint, and what is wrong with it. */
export function Field({ name, label, hint, error, children }: Props) {
  const described = [hint && `${name}-hint`, error && `${name}-error`].filter(Boolean).join(' ');
  return (
    <div class="field">
      <label for={name}>{label}</label>
      {children({
        id: name,
        name,
        ...(described ? { 'aria-describedby': described } : {}),
        ...(error ? { 'aria-invalid': true } : {}),
      })}
      {error && (
        <span class="field-error" id={`${name}-error`}>
          {error}
        </span>
      )}
      {hint && (
        <span class="hint" id={`${name}-hint`}>
          {hint}
        </span>
      )}
    </div>
  );
}

interface ChoicesProps<Value extends string> {
  name: string;
  legend: string;
  choices: readonly { value: Value; title: string; text: string }[];
  value: Value;
  change: (value: Value) => void;
  error?: string | undefined;
}

/** One of a few, each with a sentence about it. */
export function Choices<Value extends string>(props: ChoicesProps<Value>) {
  const { name, legend, choices, value, change, error } = props;
  return (
    <fieldset class="choices" aria-describedby={error && `${name}-error`}>
      <legend>{legend}</legend>
      {choices.map((choice) => (
        <label key={choice.value} class="choice">
          <input
            type="radio"
            name={name}
            value={choice.value}
            checked={choice.value === value}
            onChange={() => change(choice.value)}
          />
          <span>
            <strong>{choice.title}</strong>
            <span>{choice.text}</span>
          </span>
        </label>
      ))}
      {error && (
        <span class="field-error" id={`${name}-error`}>
          {error}
        </span>
      )}
    </fieldset>
  );
}

/** Brings the person to the first field that was refused. */
export function focusRefused(form: HTMLFormElement | null): void {
  // After the refusal is on the screen.
  requestAnimationFrame(() => form?.querySelector<HTMLElement>('[aria-invalid]')?.focus());
}
