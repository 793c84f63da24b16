import { useState } from 'preact/hooks';
import { push } from '../../push/open.ts';
import { Problem, reasonOf } from '../../shared/http.ts';
import * as api from '../api.ts';
import { user } from '../session.ts';
import { PasswordField, shortestPassword } from './PasswordField.tsx';

export function PasswordCard() {
  const [message, setMessage] = useState<{ good: boolean; text: string } | null>(null);
  const [busy, setBusy] = useState(false);

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const fields = new FormData(form);
    const [current, wanted, again] = ['current', 'wanted', 'again'].map((name) => String(fields.get(name)));
    if (!current || !wanted) return;
    if (wanted !== again) return setMessage({ good: false, text: 'The new password is not the same twice.' });
    setBusy(true);
    try {
      await api.changePassword(current, wanted);
      form.reset();
      // With all other sign-ins push has ended everywhere; here the person stays.
      if (user.value) void push.resume(user.value.id);
      setMessage({
        good: true,
        text: 'Your password is changed. You stay signed in here; all your other sign-ins have ended.',
      });
    } catch (error) {
      setMessage({ good: false, text: explain(error) });
    }
    setBusy(false);
  };

  return (
    <section class="card" aria-labelledby="password-heading">
      <h2 id="password-heading">Password</h2>
      <form class="form" onSubmit={(event) => void submit(event)}>
        <input
          class="visually-hidden"
          type="text"
          autocomplete="username"
          value={user.value?.email ?? ''}
          tabIndex={-1}
          aria-hidden="true"
          readOnly
        />
        <PasswordField name="current" label="Current password" autocomplete="current-password" />
        <PasswordField
          name="wanted"
          label="New password"
          autocomplete="new-password"
          hint={`At least ${shortestPassword} characters.`}
        />
        <PasswordField name="again" label="New password, again" autocomplete="new-password" />
        <p class="quiet-line">
          You stay signed in here. Every other device and browser is signed out at once.
        </p>
        {message && (
          <p class={message.good ? 'alert good' : 'alert'} role={message.good ? 'status' : 'alert'}>
            {message.text}
          </p>
        )}
        <button type="submit" class="button primary" disabled={busy}>
          {busy ? 'Changing…' : 'Change password'}
        </button>
      </form>
    </section>
  );
}

function explain(error: unknown): string {
  if (!(error instanceof Problem)) return 'That did not work. Try again.';
  if (error.status === 403) return 'The current password is not right.';
  if (error.status === 0) return 'The portal cannot be reached. Check the connection and try again.';
  return reasonOf(error);
}
