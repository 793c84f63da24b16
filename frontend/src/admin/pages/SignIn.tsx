import { KeyRound, UserCheck, UserX } from 'lucide';
import { useState } from 'preact/hooks';
import { endSession } from '../../portal/session.ts';
import { Confirm } from '../../portal/ui/Confirm.tsx';
import { Problem } from '../../shared/http.ts';
import { Icon } from '../../shared/icon.tsx';
import { refusalOf } from '../../shared/refusal.ts';
import * as api from '../api.ts';
import { Secret } from '../Secret.tsx';
import { absoluteLink, counted, shortTime } from '../words.ts';

interface Props {
  account: api.AccountWithMemberships;
  changed: () => void;
}

export function OwnSignIn() {
  return (
    <section class="card padded" aria-labelledby="sign-in">
      <h2 id="sign-in">Sign-in</h2>
      <p class="quiet">
        This is your own account. You change your password under <a href="/account">Account</a>; only another
        administrator can deactivate you.
      </p>
    </section>
  );
}

/** The link to set a password, and whether they can sign in at all. */
export function SignIn({ account, changed }: Props) {
  const [asking, setAsking] = useState(false);
  const [said, setSaid] = useState('');
  const name = account.display_name;
  const turn = async (is_active: boolean) => {
    await api.changeAccount(account.user_id, { is_active });
    setSaid(is_active ? `${name} can sign in again.` : `${name} is deactivated and signed out everywhere.`);
    changed();
  };
  return (
    <section class="card padded" aria-labelledby="sign-in">
      <h2 id="sign-in">Sign-in</h2>
      <p class="done" role="status">
        {said}
      </p>
      {account.is_active && <LinkMaker account={account} changed={changed} />}
      <div class="deed">
        <p>
          {account.is_active
            ? 'Deactivating ends every sign-in at once. Messages and history stay.'
            : `${name} cannot sign in, and is not told of anything.`}
        </p>
        <button
          type="button"
          class={account.is_active ? 'button danger-quiet' : 'button'}
          onClick={() => setAsking(true)}
        >
          <Icon of={account.is_active ? UserX : UserCheck} size={18} />
          {account.is_active ? 'Deactivate' : 'Reactivate'}
        </button>
      </div>
      {asking &&
        (account.is_active ? (
          <Confirm
            title={`Deactivate ${name}?`}
            action="Deactivate"
            doing="Deactivating…"
            danger
            run={() => turn(false)}
            closed={() => setAsking(false)}
          >
            <p>
              {name} is signed out everywhere at once, on every device, and cannot sign in until an
              administrator reactivates the account.
            </p>
            <p>What they wrote stays, and so do their projects.</p>
          </Confirm>
        ) : (
          <Confirm
            title={`Reactivate ${name}?`}
            action="Reactivate"
            doing="Reactivating…"
            run={() => turn(true)}
            closed={() => setAsking(false)}
          >
            <p>
              {name} can sign in again with the password they had, and sees{' '}
              {account.memberships.length === 0
                ? 'no project until they are put into one'
                : counted(account.memberships.length, 'project')}
              .
            </p>
          </Confirm>
        ))}
    </section>
  );
}

function LinkMaker({ account, changed }: Props) {
  const [made, setMade] = useState<api.PasswordLink | null>(null);
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState('');

  const make = async () => {
    setBusy(true);
    setRefused('');
    try {
      setMade(await api.makePasswordLink(account.user_id));
      changed();
    } catch (error) {
      if (error instanceof Problem && error.status === 401) return endSession();
      setRefused(refusalOf(error, []).rest);
    }
    setBusy(false);
  };

  return (
    <div class="deed">
      {made ? (
        <Secret
          label="One-time link to set the password"
          value={absoluteLink(made.link)}
          note={`Send it to ${account.display_name} now: it will not be shown again. It works once, until ${shortTime(made.expires_at)}.`}
        />
      ) : (
        <p>
          With a one-time link they set a new password themselves. Earlier links that nobody used stop
          working.
        </p>
      )}
      <button type="button" class="button" disabled={busy} onClick={() => void make()}>
        <Icon of={KeyRound} size={18} />
        {busy ? 'Making a link…' : made ? 'Make another link' : 'Make a password link'}
      </button>
      <p class="alert-line" role="alert">
        {refused}
      </p>
    </div>
  );
}
