import { MailCheck, MailX } from 'lucide';
import { useRef, useState } from 'preact/hooks';
import { Page } from '../../portal/Shell.tsx';
import { Confirm } from '../../portal/ui/Confirm.tsx';
import { Listed, useListing } from '../../portal/ui/Listed.tsx';
import { Icon } from '../../shared/icon.tsx';
import * as api from '../api.ts';
import { counted, shortTime } from '../words.ts';

/** Addresses that bounced, with the way to write to them again. */
export function SuppressionsPage() {
  const listing = useListing('suppressions', api.suppressions, ({ address }) => address);
  const [asked, setAsked] = useState('');
  const [said, setSaid] = useState('');
  const status = useRef<HTMLParagraphElement>(null);
  return (
    <Page
      title="Suppressed addresses"
      back={{ href: '/admin/mail', text: 'E-mail' }}
      lead="Their mail server said that they take no e-mail, so nothing is sent to them."
    >
      <p class="done mail-done" role="status" ref={status} tabIndex={-1}>
        {said}
      </p>
      <Listed
        listing={listing}
        count={(shown, hasMore) =>
          `${counted(shown, 'address', 'addresses')} shown${hasMore ? ', there are more' : ''}`
        }
        empty={{
          icon: MailCheck,
          heading: 'No address is suppressed',
          text: 'An address that a mail server refuses for good appears here.',
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
            What is sent to <bdi>{asked}</bdi> from now on goes out. If its mail server refuses it again, it
            is suppressed again.
          </p>
        </Confirm>
      )}
    </Page>
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
            'Nobody’s address any more'
          )}
          {` · since ${shortTime(created_at)}`}
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
