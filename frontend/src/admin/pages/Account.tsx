import { useRef, useState } from 'preact/hooks';
import { longestEmail } from '../../portal/limits.ts';
import { notThere } from '../../portal/ProjectFrame.tsx';
import { GonePage } from '../../portal/pages/NotFound.tsx';
import { type Resource, useResource } from '../../portal/resource.ts';
import { Page } from '../../portal/Shell.tsx';
import { endSession, user } from '../../portal/session.ts';
import { Bones, FailedState } from '../../portal/states.tsx';
import { Field, focusRefused } from '../../portal/ui/Field.tsx';
import { Problem } from '../../shared/http.ts';
import { nothingRefused, refusalOf } from '../../shared/refusal.ts';
import { AuditRows } from '../AuditRows.tsx';
import * as api from '../api.ts';
import { Face, RoleBadge, Standing } from '../people.tsx';
import { longestName, partTitles, roleTitles, shortTime } from '../words.ts';
import { OwnSignIn, SignIn } from './SignIn.tsx';

const back = { href: '/admin/accounts', text: 'Accounts' };

export function AccountPage({ user: id }: { user: string }) {
  return <OneAccount key={id} id={id} />;
}

function OneAccount({ id }: { id: string }) {
  const [version, setVersion] = useState(0);
  const account = useResource(`admin account ${id}`, () => api.account(id), version);
  const changed = () => setVersion(version + 1);

  if (account.state === 'failed' && notThere(account.problem.status)) {
    return (
      <GonePage
        title="No such account"
        text="Nobody with this id has an account here."
        back={{ href: '/admin/accounts', text: 'All accounts' }}
      />
    );
  }
  if (account.state !== 'ready') {
    return (
      <Page title="Account" back={back}>
        {account.state === 'loading' && <Bones rows={4} tall />}
        {account.state === 'failed' && <FailedState problem={account.problem} retry={account.reload} />}
      </Page>
    );
  }
  const person = account.value;
  return (
    <Page
      title={person.display_name}
      back={back}
      lead={
        <span class="person-lead">
          <RoleBadge role={person.role} />
          <Standing account={person} />
        </span>
      }
      aside={<Face id={person.user_id} name={person.display_name} isActive={person.is_active} />}
    >
      <div class="columns">
        <div>
          <Details account={person} changed={changed} />
          <Memberships account={person} />
        </div>
        <div>
          {person.user_id === user.value?.id ? <OwnSignIn /> : <SignIn account={person} changed={changed} />}
          <Activity id={id} version={version} />
        </div>
      </div>
    </Page>
  );
}

interface PartProps {
  account: api.AccountWithMemberships;
  changed: () => void;
}

const fieldNames = ['display_name', 'email', 'role'] as const;
const conflicts = { 'role-does-not-fit': 'role' };

function Details({ account, changed }: PartProps) {
  const [draft, setDraft] = useState<Partial<Pick<api.Account, 'display_name' | 'email' | 'role'>>>({});
  const [busy, setBusy] = useState(false);
  const [saved, setSaved] = useState(false);
  const [allowed, setAllowed] = useState('');
  const [refused, setRefused] = useState(nothingRefused);
  const form = useRef<HTMLFormElement>(null);
  const isSelf = account.user_id === user.value?.id;
  const changes = Object.fromEntries(
    fieldNames.flatMap((name) => {
      const value = draft[name]?.trim();
      return value === undefined || value === account[name] ? [] : [[name, value]];
    }),
  );
  const isChanged = Object.keys(changes).length > 0;

  const write = (change: typeof draft) => {
    setDraft({ ...draft, ...change });
    setSaved(false);
  };

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (!isChanged) return;
    setBusy(true);
    setRefused(nothingRefused);
    try {
      await api.changeAccount(account.user_id, changes);
      setSaved(true);
      changed();
    } catch (error) {
      if (error instanceof Problem && error.status === 401) return endSession();
      setRefused(refusalOf(error, fieldNames, conflicts));
      focusRefused(form.current);
    }
    setBusy(false);
  };

  return (
    <section class="card padded" aria-labelledby="details">
      <h2 id="details">Details</h2>
      <form ref={form} class="form" onSubmit={(event) => void submit(event)}>
        <Field name="display_name" label="Name" error={refused.fields.display_name}>
          {(attributes) => (
            <input
              {...attributes}
              type="text"
              autocomplete="off"
              maxLength={longestName}
              required
              value={draft.display_name ?? account.display_name}
              onInput={(event) => write({ display_name: event.currentTarget.value })}
            />
          )}
        </Field>
        <Field
          name="email"
          label="Email"
          error={refused.fields.email}
          hint={
            allowed === account.email && !account.email_suppressed && 'E-mail goes to this address again.'
          }
        >
          {(attributes) => (
            <input
              {...attributes}
              type="email"
              autocomplete="off"
              maxLength={longestEmail}
              required
              value={draft.email ?? account.email}
              onInput={(event) => write({ email: event.currentTarget.value })}
            />
          )}
        </Field>
        {account.email_suppressed && (
          <Suppressed
            address={account.email}
            allowed={() => {
              setAllowed(account.email);
              changed();
              // The button goes.
              document.getElementById('email')?.focus();
            }}
          />
        )}
        <Field
          name="role"
          label="Role"
          error={refused.fields.role}
          hint={
            isSelf
              ? 'You cannot change your own role: another administrator can.'
              : changes.role &&
                `${account.display_name} will be signed out everywhere and has to sign in again.`
          }
        >
          {(attributes) => (
            <select
              {...attributes}
              disabled={isSelf}
              value={draft.role ?? account.role}
              onChange={(event) => write({ role: event.currentTarget.value as api.Role })}
            >
              {Object.entries(roleTitles).map(([role, title]) => (
                <option key={role} value={role}>
                  {title}
                </option>
              ))}
            </select>
          )}
        </Field>
        {refused.rest && (
          <p class="alert" role="alert">
            {refused.rest}
          </p>
        )}
        <div class="form-end">
          <button type="submit" class="button primary" disabled={busy || !isChanged}>
            {busy ? 'Saving…' : 'Save changes'}
          </button>
          <span class="done" role="status">
            {saved && !isChanged && 'Saved.'}
          </span>
        </div>
      </form>
      <dl class="small-facts">
        <div>
          <dt>User id</dt>
          <dd class="id">{account.user_id}</dd>
        </div>
        <div>
          <dt>Account since</dt>
          <dd>{shortTime(account.created_at)}</dd>
        </div>
      </dl>
    </section>
  );
}

/** Nothing is sent to the address until somebody lets it. */
function Suppressed({ address, allowed }: { address: string; allowed: () => void }) {
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState('');
  const allow = async () => {
    setBusy(true);
    setFailed('');
    try {
      await api.allowAddress(address);
    } catch (error) {
      if (error instanceof Problem && error.status === 401) return endSession();
      // Somebody else has let it meanwhile.
      if (!(error instanceof Problem && error.status === 404)) {
        setBusy(false);
        return setFailed(refusalOf(error, []).rest);
      }
    }
    allowed();
  };
  return (
    <div class="alert note suppressed">
      <p>
        No e-mail is sent to this address: its mail server refused it for good, or an administrator{' '}
        <a href="/admin/mail/suppressions">suppressed it</a>.
      </p>
      <button type="button" class="button" disabled={busy} onClick={() => void allow()}>
        Let e-mail go again
      </button>
      {failed && <p role="alert">{failed}</p>}
    </div>
  );
}

function Memberships({ account }: { account: api.AccountWithMemberships }) {
  const { memberships } = account;
  return (
    <section class="part" aria-labelledby="memberships">
      <h2 id="memberships">Projects</h2>
      {memberships.length === 0 ? (
        <p class="nothing">
          In no project yet. <a href="/admin/projects">Choose a project</a> to add {account.display_name} to.
        </p>
      ) : (
        <ul class="rows">
          {memberships.map((membership) => (
            <li key={membership.project_id}>
              <a class="row person" href={`/admin/projects/${membership.project_id}`}>
                <span class="person-name">
                  <strong>{membership.project_name}</strong>
                </span>
                <span class="person-facts">
                  {membership.source === 'host' && <span class="badge">From the host</span>}
                  <span>{partTitles[membership.role]}</span>
                </span>
              </a>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Activity({ id, version }: { id: string; version: number }) {
  const entries = useResource(`audit of ${id}`, () => api.audit({ user_id: id }, '', 10), version);
  return (
    <section class="part" aria-labelledby="activity">
      <h2 id="activity">Recent activity</h2>
      <Entries entries={entries} />
      {entries.state === 'ready' && entries.value.next_cursor !== null && (
        <p class="part-end">
          <a href={`/admin/audit?${new URLSearchParams({ user_id: id })}`}>Everything in the audit log</a>
        </p>
      )}
    </section>
  );
}

function Entries({ entries }: { entries: Resource<{ items: api.AuditEntry[] }> }) {
  if (entries.state === 'loading') return <Bones rows={3} />;
  if (entries.state === 'failed') return <FailedState problem={entries.problem} retry={entries.reload} />;
  if (entries.value.items.length === 0) return <p class="nothing">Nothing in the log yet.</p>;
  return <AuditRows entries={entries.value.items} level={3} />;
}
