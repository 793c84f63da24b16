import { useState } from 'preact/hooks';
import { Problem, reasonOf } from '../../shared/http.ts';
import * as api from '../api.ts';
import { reconnectBell } from '../bell.ts';
import { longestPassword } from '../limits.ts';
import { useResource } from '../resource.ts';
import { Page } from '../Shell.tsx';
import { endSession, user } from '../session.ts';
import { Bones, FailedState } from '../states.tsx';

const shortestPassword = 8;

export function AccountPage() {
  const person = user.value;
  return (
    <Page
      title="Account"
      back={{ href: '/projects', text: 'Projects' }}
      lead={[person?.display_name, person?.email].filter(Boolean).join(' · ')}
      narrow
    >
      <SettingsCard />
      <PasswordCard />
    </Page>
  );
}

function SettingsCard() {
  const settings = useResource('settings', api.settings);
  return (
    <section class="card" aria-labelledby="settings">
      <h2 id="settings">Notifications</h2>
      {settings.state === 'loading' && <Bones rows={2} />}
      {settings.state === 'failed' && <FailedState problem={settings.problem} retry={settings.reload} />}
      {settings.state === 'ready' && <Switches start={settings.value} />}
    </section>
  );
}

function Switches({ start }: { start: api.Settings }) {
  const [live, setLive] = useState(start.realtime_enabled);
  const [problem, setProblem] = useState('');

  const change = async (on: boolean) => {
    setProblem('');
    setLive(on);
    try {
      await api.changeSettings({ realtime_enabled: on });
      reconnectBell();
    } catch (error) {
      if (error instanceof Problem && error.status === 401) return endSession();
      setLive(!on);
      setProblem('That could not be saved. Try again.');
    }
  };

  return (
    <>
      <Switch
        label="Live updates"
        hint="The bell rings the moment something happens. Without them it looks every 15 seconds."
        on={live}
        change={(on) => void change(on)}
      />
      <p class="alert-line" role="alert">
        {problem}
      </p>
    </>
  );
}

interface SwitchProps {
  label: string;
  hint: string;
  on: boolean;
  change: (on: boolean) => void;
}

function Switch({ label, hint, on, change }: SwitchProps) {
  const id = label.toLowerCase().replaceAll(' ', '-');
  return (
    <div class="switch-row">
      <label for={id}>
        <strong>{label}</strong>
        <span id={`${id}-hint`}>{hint}</span>
      </label>
      <input
        id={id}
        class="switch"
        type="checkbox"
        role="switch"
        aria-checked={on}
        aria-describedby={`${id}-hint`}
        checked={on}
        onChange={(event) => change(event.currentTarget.checked)}
      />
    </div>
  );
}

function PasswordCard() {
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

interface PasswordFieldProps {
  name: string;
  label: string;
  autocomplete: 'current-password' | 'new-password';
  hint?: string;
  autofocus?: boolean;
}

export function PasswordField({ name, label, autocomplete, hint, autofocus = false }: PasswordFieldProps) {
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

function explain(error: unknown): string {
  if (!(error instanceof Problem)) return 'That did not work. Try again.';
  if (error.status === 403) return 'The current password is not right.';
  if (error.status === 0) return 'The portal cannot be reached. Check the connection and try again.';
  return reasonOf(error);
}
