import { longestPassword } from '../limits.ts';

export const shortestPassword = 8;

interface Props {
  name: string;
  label: string;
  autocomplete: 'current-password' | 'new-password';
  hint?: string;
  autofocus?: boolean;
}

export function PasswordField({ name, label, autocomplete, hint, autofocus = false }: Props) {
  return (
    <div class="field">
      <label for={name}>{label}</label>
      <input
        id={name}
        type="password"
        name={name}
        autocomplete={autocomplete}
        maxLength={longestPassword}
        minLength={autocomplete === 'new-password' ? shortestPassword : undefined}
        aria-describedby={hint && `${name}-hint`}
        required
        autofocus={autofocus}
      />
      {hint && (
        <span class="hint" id={`${name}-hint`}>
          {hint}
        </span>
      )}
    </div>
  );
}
