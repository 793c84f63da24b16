import { MailCheck, MailX } from 'lucide';
import { useRef, useState } from 'preact/hooks';
import { longestEmail } from '../../portal/limits.ts';
import { Page } from '../../portal/Shell.tsx';
import { endSession } from '../../portal/session.ts';
import { Confirm } from '../../portal/ui/Confirm.tsx';
import { Field, focusRefused } from '../../portal/ui/Field.tsx';
import { Listed, useListing } from '../../portal/ui/Listed.tsx';
import { Problem } from '../../shared/http.ts';
import { Icon } from '../../shared/icon.tsx';
import { nothingRefused, refusalOf } from '../../shared/refusal.ts';
import * as api from '../api.ts';
import { counted, shortTime } from '../words.ts';

/** Addresses to which nothing is sent, with the way to write to them again, and to add one. */
export function SuppressionsPage() {
  const listing = useListing('suppressions', api.suppressions, ({ address }) => address);
  const [asked, setAsked] = useState('');
  const [said, setSaid] = useState('');
  const status = useRef<HTMLParagraphElement>(null);
  return (
    <Page
      title="Suppressed addresses"
      back={{ href: '/admin/mail', text: 'E-mail' }}
      lead="No e-mail is sent to these addresses: their mail server refused them for good, or an administrator suppressed them."
    >
      <p class="done mail-done" role="status" ref={status} tabIndex={-1}>
        {said}
      </p>
      <SuppressForm
        done={async (address) => {
          setSaid(`No e-mail goes to ${address}.`);
          await listing.refresh();
        }}
      />
      <Listed
        listing={listing}
        count={(shown, hasMore) =>
          `${counted(shown, 'address', 'addresses')} shown${hasMore ? ', there are more' : ''}`
        }
        empty={{
          icon: MailCheck,
          heading: 'No address is suppressed',
          text: 'An address appears here when its mail server says that it does not exist, or when you suppress it.',
        }}
      >
        {(addresses) => (
          <ul class="rows">
            {addresses.map((suppressed) => (
              <AddressRow
                key={suppressed.address}
                suppressed={suppressed}
                ask={() => setAsked(suppressed.address)}
              />
            ))}
          </ul>
        )}
      </Listed>
      {asked && (
        <Confirm
          title="Allow this address again?"
          action="Allow"
          doing="Allowing…"
          run={async () => {
            await api.allowAddress(asked);
            setSaid(`E-mail goes to ${asked} again.`);
            await listing.refresh();
          }}
          closed={() => {
            setAsked('');
            // The button that asked is gone with its row.
            if (document.activeElement === document.body) status.current?.focus();
          }}
        >
          <p>
            From now on, e-mail goes to <bdi>{asked}</bdi> again. If its mail server refuses it once more, it
            is suppressed again.
          </p>
        </Confirm>
      )}
    </Page>
  );
}

const fieldNames = ['address', 'reason'] as const;
const longestReason = 500;

/** For what no server says at once: e-mails that it took, and that came back to the sender later. */
function SuppressForm({ done }: { done: (address: string) => Promise<void> }) {
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState(nothingRefused);
  const form = useRef<HTMLFormElement>(null);

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget as HTMLFormElement);
    const address = String(fields.get('address')).trim();
    setBusy(true);
    setRefused(nothingRefused);
    try {
      await api.suppressAddress(address, String(fields.get('reason')).trim());
      form.current?.reset();
      await done(address);
    } catch (error) {
      if (error instanceof Problem && error.status === 401) return endSession();
      setRefused(refusalOf(error, fieldNames));
      focusRefused(form.current);
    } finally {
      setBusy(false);
    }
  };

  return (
    <form
      ref={form}
      class="card form suppress-form"
      aria-label="Suppress an address"
      onSubmit={(event) => void submit(event)}
    >
      <Field name="address" label="E-mail address" error={refused.fields.address}>
        {(attributes) => (
          <input {...attributes} type="email" autocomplete="off" maxLength={longestEmail} required />
        )}
      </Field>
      <Field name="reason" label="Reason (optional)" error={refused.fields.reason}>
        {(attributes) => <input {...attributes} type="text" autocomplete="off" maxLength={longestReason} />}
      </Field>
      {refused.rest && (
        <p class="alert" role="alert">
          {refused.rest}
        </p>
      )}
      <button type="submit" class="button" disabled={busy}>
        {busy ? 'Suppressing…' : 'Suppress'}
      </button>
    </form>
  );
}

interface RowProps {
  suppressed: api.SuppressedAddress;
  ask: () => void;
}

function AddressRow({ suppressed, ask }: RowProps) {
  const { address, reason, created_at, user } = suppressed;
  return (
    <li class="row still mail-row">
      <span class="tile tint-red">
        <Icon of={MailX} size={18} />
      </span>
      <span class="row-main">
        <strong class="mail-title">{address}</strong>
        <span class="mail-line">
          {user ? (
            <>
              Address of{' '}
              <a href={`/admin/accounts/${user.id}`}>
                <bdi>{user.display_name}</bdi>
              </a>
            </>
          ) : (
            'No account has this address'
          )}
          {` · suppressed since ${shortTime(created_at)}`}
        </span>
        <span class="mail-error" dir="auto">
          {reason}
        </span>
      </span>
      <span class="mail-deeds">
        <button type="button" class="button" aria-label={`Allow again: ${address}`} onClick={ask}>
          Allow again
        </button>
      </span>
    </li>
  );
}
