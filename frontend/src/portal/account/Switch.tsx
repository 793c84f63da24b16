import type { ComponentChildren } from 'preact';

interface Props {
  id: string;
  label: string;
  hint: ComponentChildren;
  on: boolean;
  change: (on: boolean) => void;
  disabled?: boolean;
}

export function Switch({ id, label, hint, on, change, disabled = false }: Props) {
  return (
    <div class="switch-row">
      <label for={id}>
        <strong id={`${id}-label`}>{label}</strong>
        <span id={`${id}-hint`}>{hint}</span>
      </label>
      <input
        id={id}
        class="switch"
        type="checkbox"
        role="switch"
        aria-checked={on}
        aria-labelledby={`${id}-label`}
        aria-describedby={`${id}-hint`}
        checked={on}
        disabled={disabled}
        onChange={(event) => {
          // Shown as the store has it, also when that puts it back at once.
          event.currentTarget.checked = on;
          change(!on);
        }}
      />
    </div>
  );
}
