import { CircleCheck } from 'lucide';
import { useEffect, useRef, useState } from 'preact/hooks';
import { longestEmail } from '../../portal/limits.ts';
import { Page } from '../../portal/Shell.tsx';
import { endSession } from '../../portal/session.ts';
import { Combobox } from '../../portal/ui/Combobox.tsx';
import { Choices, Field, focusRefused } from '../../portal/ui/Field.tsx';
import { Problem } from '../../shared/http.ts';
import { Icon } from '../../shared/icon.tsx';
import { nothingRefused, refusalOf } from '../../shared/refusal.ts';
import * as api from '../api.ts';
import { Secret } from '../Secret.tsx';
import { absoluteLink, longestName, roleTitles, shortTime } from '../words.ts';

const back = { href: '/admin/accounts', text: 'Accounts' };

export function NewAccountPage() {
  const [created, setCreated] = useState<api.CreatedAccount | null>(null);
  if (created) return <Created created={created} again={() => setCreated(null)} />;
  return (
    <Page
      title="New account"
      lead="Lets somebody who exists in the project-management app sign in here."
      back={back}
      narrow
    >
      <Form done={setCreated} />
    </Page>
  );
}

const fieldNames = ['user_id', 'email', 'display_name', 'role', 'first_password'] as const;

const roles = [
  { value: 'client', title: roleTitles.client, text: 'Sees their own projects and their own room in each.' },
  {
    value: 'developer',
    title: roleTitles.developer,
    text: 'Sees assigned projects and talks to their clients.',
  },
  { value: 'staff', title: roleTitles.staff, text: 'Manages assigned projects and talks to their clients.' },
  { value: 'admin', title: roleTitles.admin, text: 'Sees everything, and gives and takes accounts.' },
] as const;

const firstPasswords = [
  {
    value: 'link',
    title: 'One-time link',
    text: 'They choose the password themselves. Nobody else ever knows it.',
  },
  {
    value: 'generated',
    title: 'Generated password',
    text: 'You hand it over; they can change it afterwards.',
  },
] as const;

function Form({ done }: { done: (created: api.CreatedAccount) => void }) {
  const [userId, setUserId] = useState('');
  const [role, setRole] = useState<api.Role>('client');
  const [firstPassword, setFirstPassword] = useState<'generated' | 'link'>('link');
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState(nothingRefused);
  const form = useRef<HTMLFormElement>(null);
  const check = useUserCheck(userId);

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget as HTMLFormElement);
    setBusy(true);
    setRefused(nothingRefused);
    try {
      done(
        await api.createAccount({
          user_id: userId.trim(),
          email: String(fields.get('email')).trim(),
          display_name: String(fields.get('display_name')).trim(),
          role,
          first_password: firstPassword,
        }),
      );
    } catch (error) {
      if (error instanceof Problem && error.status === 401) return endSession();
      setRefused(refusalOf(error, fieldNames));
      setBusy(false);
      focusRefused(form.current);
    }
  };

  return (
    <form ref={form} class="card form" onSubmit={(event) => void submit(event)}>
      <Combobox
        name="user_id"
        label="User of the project-management app"
        placeholder="00000000-0000-0000-0000-000000000000"
        hint={
          check.good ? (
            <span class="good-hint">
              <Icon of={CircleCheck} size={16} /> This user exists and has no account yet.
            </span>
          ) : (
            'The user’s id. Suggested are those who have no account yet; the portal knows nothing else of them.'
          )
        }
        error={check.error || refused.fields.user_id}
        text={userId}
        change={(text) => {
          setUserId(text);
          setRefused(nothingRefused);
        }}
        pick={({ id }) => setUserId(id)}
        suggest={suggestUsers}
        none={wholeId.test(userId.trim()) ? '' : 'No user without an account has such an id.'}
        required
      />
      <Field name="display_name" label="Name" error={refused.fields.display_name}>
        {(attributes) => (
          <input {...attributes} type="text" autocomplete="off" maxLength={longestName} required />
        )}
      </Field>
      <Field
        name="email"
        label="Email"
        hint="They sign in with it. Only they and administrators see it."
        error={refused.fields.email}
      >
        {(attributes) => (
          <input {...attributes} type="email" autocomplete="off" maxLength={longestEmail} required />
        )}
      </Field>
      <Choices
        name="role"
        legend="Role"
        choices={roles}
        value={role}
        change={setRole}
        error={refused.fields.role}
      />
      <Choices
        name="first_password"
        legend="First password"
        choices={firstPasswords}
        value={firstPassword}
        change={setFirstPassword}
        error={refused.fields.first_password}
      />
      {refused.rest && (
        <p class="alert" role="alert">
          {refused.rest}
        </p>
      )}
      <button type="submit" class="button primary" disabled={busy}>
        {busy ? 'Creating…' : 'Create account'}
      </button>
    </form>
  );
}

async function suggestUsers(text: string): Promise<{ id: string; text: string }[]> {
  const found = await api.users(text);
  // An id that is whole already needs no suggestion.
  return found.items
    .filter(({ user_id }) => user_id !== text.toLowerCase())
    .map(({ user_id }) => ({ id: user_id, text: user_id }));
}

const wholeId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Says of a whole id, before the form is sent, whether it can have an account. */
function useUserCheck(text: string): { good: boolean; error: string } {
  const [answer, setAnswer] = useState({ id: '', good: false, error: '' });
  const id = text.trim().toLowerCase();
  useEffect(() => {
    if (!wholeId.test(id)) return;
    let wanted = true;
    void checkUser(id).then((found) => wanted && setAnswer({ id, ...found }));
    return () => {
      wanted = false;
    };
  }, [id]);
  return answer.id === id ? answer : { good: false, error: '' };
}

async function checkUser(id: string): Promise<{ good: boolean; error: string }> {
  try {
    const found = await api.users(id);
    if (found.items.some(({ user_id }) => user_id === id)) return { good: true, error: '' };
    const { display_name } = await api.account(id);
    return { good: false, error: `${display_name} has this id and an account already.` };
  } catch (error) {
    const isUnknown = error instanceof Problem && error.status === 404;
    return { good: false, error: isUnknown ? 'The project-management app has no user with this id.' : '' };
  }
}

function Created({ created, again }: { created: api.CreatedAccount; again: () => void }) {
  const { account, first_password, link, link_expires_at } = created;
  return (
    <Page title={`${account.display_name} has an account`} lead={account.email} back={back} narrow>
      <section class="card" aria-label="How they sign in">
        {link ? (
          <Secret
            label="One-time link to set the password"
            value={absoluteLink(link)}
            note={`Send it to ${account.display_name} now: it will not be shown again. It works once${
              link_expires_at ? `, until ${shortTime(link_expires_at)}` : ''
            }.`}
          />
        ) : (
          <Secret
            label="First password"
            value={first_password ?? ''}
            note={`Hand it to ${account.display_name} now: it will not be shown again. They can change it under Account.`}
          />
        )}
        <p class="next-steps">
          <a class="button" href={`/admin/accounts/${account.user_id}`}>
            Open the account
          </a>
          <a class="button" href="/admin/projects">
            Put them into a project
          </a>
          <button type="button" class="button" onClick={again}>
            Another account
          </button>
        </p>
      </section>
    </Page>
  );
}
