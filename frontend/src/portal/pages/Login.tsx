import { Eye, EyeOff } from 'lucide';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { Problem, reasonOf } from '../../shared/http.ts';
import { Icon } from '../../shared/icon.tsx';
import { longestEmail, longestPassword } from '../limits.ts';
import { safeNext } from '../next.ts';
import { loginNotice } from '../notice.ts';
import { Mark, useTitle } from '../Shell.tsx';
import { signIn, user } from '../session.ts';

export function LoginPage() {
  const { query, route } = useLocation();
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const [visible, setVisible] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const wait = useCountdown(problem);
  // The typings know no field that changes its type.
  const fieldType = (visible ? 'text' : 'password') as 'password';
  useTitle('Sign in');

  useEffect(() => {
    if (user.value) route(safeNext(query.next), true);
  }, [user.value]);
  useEffect(
    () => () => {
      loginNotice.value = null;
    },
    [],
  );

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget as HTMLFormElement);
    setBusy(true);
    setProblem(null);
    try {
      await signIn(String(fields.get('email')).trim(), String(fields.get('password')));
    } catch (error) {
      setProblem(error instanceof Problem ? error : new Problem(0));
      form.current?.querySelector<HTMLInputElement>('#password')?.select();
    }
    setBusy(false);
  };

  return (
    <main class="bare">
      <div class="login">
        <Mark />
        <h1>Sign in to Client Portal</h1>
        <p class="lead">Your projects, and everybody on them, in one place.</p>
        <form ref={form} class="card form" onSubmit={(event) => void submit(event)}>
          {loginNotice.value && !problem && (
            <p class={loginNotice.value.isGood ? 'alert good' : 'alert note'} role="status">
              {loginNotice.value.text}
            </p>
          )}
          {problem && (
            <p class="alert" role="alert" id="problem">
              {explain(problem, wait)}
            </p>
          )}
          <label class="field">
            <span>Email</span>
            <input
              name="email"
              type="email"
              autocomplete="username"
              maxLength={longestEmail}
              required
              autofocus
            />
          </label>
          <div class="field">
            <label for="password">Password</label>
            <span class="with-button">
              <input
                id="password"
                name="password"
                type={fieldType}
                autocomplete="current-password"
                maxLength={longestPassword}
                aria-describedby={problem ? 'problem' : undefined}
                required
              />
              <button
                type="button"
                aria-label={visible ? 'Hide the password' : 'Show the password'}
                aria-pressed={visible}
                onClick={() => setVisible(!visible)}
              >
                <Icon of={visible ? EyeOff : Eye} size={18} />
              </button>
            </span>
          </div>
          <button type="submit" class="button primary wide" disabled={busy || wait > 0}>
            {busy ? 'Signing in…' : 'Sign in'}
          </button>
        </form>
        <p class="fine">Accounts are made by your project’s administrator.</p>
      </div>
    </main>
  );
}

function explain(problem: Problem, wait: number): string {
  if (problem.status === 401) return 'That email and password do not match. Check both and try again.';
  if (problem.status === 429) {
    return wait > 0 ? `Too many attempts. Try again in ${wait} seconds.` : 'You can try again now.';
  }
  if (problem.status === 0) return 'The portal cannot be reached. Check the connection and try again.';
  return reasonOf(problem);
}

/** The seconds the server asked to wait, counting down. */
export function useCountdown(problem: Problem | null): number {
  const [left, setLeft] = useState(0);
  useEffect(() => {
    setLeft(Math.ceil(problem?.retryAfter ?? 0));
    if (!problem?.retryAfter) return;
    const timer = setInterval(() => setLeft((seconds) => Math.max(0, seconds - 1)), 1000);
    return () => clearInterval(timer);
  }, [problem]);
  return left;
}
