import { useEffect, useRef, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { call, Problem, reasonOf } from '../../shared/http.ts';
import { PasswordField } from '../account/PasswordField.tsx';
import { loginNotice } from '../notice.ts';
import { Mark, useTitle } from '../Shell.tsx';
import { startSession, user } from '../session.ts';
import { useCountdown } from './Login.tsx';

const setPassword = (token: string, new_password: string) =>
  call<void>('/api/auth/password_link', { method: 'POST', body: { token, new_password } });

/** Where a one-time link leads: the person sets their password. The link's token never stays in the address. */
export function SetPasswordPage() {
  const token = useToken();
  const [isOver, setOver] = useState(false);
  const [isDone, setDone] = useState(false);
  useTitle('Set your password');

  // Another link opened in the same tab is another chance.
  useEffect(() => {
    setOver(false);
    setDone(false);
  }, [token]);

  return (
    <main class="bare">
      <div class="login">
        <Mark />
        <h1>
          {isDone
            ? 'The password is set'
            : isOver || !token
              ? 'This link does not work'
              : 'Set your password'}
        </h1>
        {isDone ? (
          <StillSignedIn />
        ) : isOver || !token ? (
          <Over />
        ) : (
          <Form key={token} token={token} over={() => setOver(true)} done={() => setDone(true)} />
        )}
      </div>
    </main>
  );
}

/** Taken from the address once, then removed from it: it is as good as a password. */
function useToken(): string {
  const [token, setToken] = useState(() => location.hash.slice(1));
  useEffect(() => {
    const take = () => {
      if (location.hash.length <= 1) return;
      setToken(location.hash.slice(1));
      history.replaceState(history.state, '', location.pathname);
    };
    take();
    addEventListener('hashchange', take);
    return () => removeEventListener('hashchange', take);
  }, []);
  return token;
}

interface FormProps {
  token: string;
  over: () => void;
  done: () => void;
}

function Form({ token, over, done }: FormProps) {
  const { route } = useLocation();
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isTwofold, setTwofold] = useState(false);
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const wait = useCountdown(problem);

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget as HTMLFormElement);
    const wanted = String(fields.get('wanted'));
    setProblem(null);
    setTwofold(wanted !== fields.get('again'));
    if (wanted !== fields.get('again'))
      return form.current?.querySelector<HTMLInputElement>('#again')?.select();
    setBusy(true);
    try {
      await setPassword(token, wanted);
      // Somebody else may be signed in here; if it was the person themself, they no longer are.
      if (user.value) await startSession();
      if (user.value) return done();
      loginNotice.value = { text: 'Your password is set. Sign in with it.', isGood: true };
      route('/login', true);
    } catch (error) {
      const refused = error instanceof Problem ? error : new Problem(0);
      if (refused.status === 422 && refused.errors.length === 0) return over();
      setProblem(refused);
      setBusy(false);
    }
  };

  const said = isTwofold ? 'The new password is not the same twice.' : problem && explain(problem, wait);
  return (
    <>
      <p class="lead">Choose one that you use nowhere else.</p>
      <form ref={form} class="card form" onSubmit={(event) => void submit(event)}>
        {said && (
          <p class="alert" role="alert">
            {said}
          </p>
        )}
        <PasswordField
          name="wanted"
          label="New password"
          autocomplete="new-password"
          hint="At least 8 characters."
          autofocus
        />
        <PasswordField name="again" label="New password, again" autocomplete="new-password" />
        <button type="submit" class="button primary wide" disabled={busy || wait > 0}>
          {busy ? 'Setting…' : 'Set password'}
        </button>
      </form>
      <p class="fine">Whoever was signed in with the old password is signed out.</p>
    </>
  );
}

/** Used, expired or broken: the server does not say which, and the person needs a new one either way. */
function Over() {
  return (
    <>
      <p class="lead" role="alert">
        It was used already, has expired, or was cut short on its way. Ask your administrator for a new one.
      </p>
      <a class="button primary login-button" href="/login">
        Go to sign-in
      </a>
    </>
  );
}

function StillSignedIn() {
  return (
    <>
      <p class="lead" role="status">
        You are still signed in here as {user.value?.display_name ?? user.value?.email ?? 'somebody else'}.
      </p>
      <a class="button primary login-button" href="/projects">
        Go to your projects
      </a>
    </>
  );
}

function explain(problem: Problem, wait: number): string {
  if (problem.status === 429) {
    return wait > 0 ? `Too many attempts. Try again in ${wait} seconds.` : 'You can try again now.';
  }
  if (problem.status === 0) return 'The portal cannot be reached. Check the connection and try again.';
  return reasonOf(problem);
}
