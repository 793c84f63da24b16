import { Mails, MailX, RotateCw, SearchX } from 'lucide';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useResource } from '../../portal/resource.ts';
import { Page } from '../../portal/Shell.tsx';
import { useFilters } from '../../portal/ui/filters.ts';
import { Listed, useListing } from '../../portal/ui/Listed.tsx';
import { Icon } from '../../shared/icon.tsx';
import type { Listing } from '../../shared/listing.ts';
import * as api from '../api.ts';
import { Delivery } from '../Delivery.tsx';
import { EmailRow } from '../EmailRow.tsx';
import { type Asked, MailQuestion } from '../MailQuestion.tsx';
import { isKept, isUnderWay, titles } from '../mail.ts';
import { PersonFilter } from '../PersonFilter.tsx';
import { counted } from '../words.ts';

const lookMs = 5_000;

export function MailPage() {
  const [filters, change] = useFilters('state', 'user_id');
  const listing = useListing(
    `mail ${JSON.stringify(filters)}`,
    (cursor, limit) => api.emails(filters, cursor, limit),
    (email) => email.id,
  );
  useLooksAgain(listing);
  const delivery = useResource('mail delivery', api.delivery);
  const [asked, setAsked] = useState<Asked | null>(null);
  const [said, setSaid] = useState('');
  const status = useRef<HTMLParagraphElement>(null);
  const hasDead = listing.view.value.items.some(({ state }) => state === 'dead');
  const isFiltered = Object.values(filters).some(Boolean);

  const carryOut = async (deed: () => Promise<string>) => {
    try {
      setSaid(await deed());
    } finally {
      // What was refused stands otherwise than the list says.
      await listing.refresh();
    }
  };

  return (
    <Page
      title="E-mail"
      lead="E-mails of the last 30 days, newest first."
      aside={
        <a class="button to-suppressions" href="/admin/mail/suppressions">
          <Icon of={MailX} size={18} />
          Suppressed addresses
        </a>
      }
    >
      <Delivery of={delivery} />
      <div class="filters labelled">
        <div class="field">
          <label for="state">State</label>
          <select
            id="state"
            value={filters.state}
            onChange={(event) => change({ state: event.currentTarget.value })}
          >
            <option value="">All</option>
            {titles(delivery.state === 'ready' && isKept(delivery.value)).map(([state, title]) => (
              <option key={state} value={state}>
                {title}
              </option>
            ))}
          </select>
        </div>
        <PersonFilter label="Recipient" value={filters.user_id} choose={(user_id) => change({ user_id })} />
      </div>
      <p class="done mail-done" role="status" ref={status} tabIndex={-1}>
        {said}
      </p>
      {hasDead && (
        <p class="mail-all">
          <button type="button" class="button" onClick={() => setAsked('retry all')}>
            <Icon of={RotateCw} size={18} />
            Retry all failed
          </button>
        </p>
      )}
      <Listed
        listing={listing}
        count={(shown, hasMore) => `${counted(shown, 'e-mail')} shown${hasMore ? ', there are more' : ''}`}
        empty={
          isFiltered
            ? { icon: SearchX, heading: 'Nothing found', text: 'No e-mail matches these filters.' }
            : {
                icon: Mails,
                heading: 'No e-mail yet',
                text: 'E-mails that the portal sends to people appear here.',
              }
        }
      >
        {(emails) => (
          <ul class="rows">
            {emails.map((email) => (
              <EmailRow key={email.id} email={email} ask={(deed) => setAsked({ deed, email })} />
            ))}
          </ul>
        )}
      </Listed>
      {asked && (
        <MailQuestion
          asked={asked}
          carryOut={carryOut}
          closed={() => {
            setAsked(null);
            // The button that asked may be gone.
            if (document.activeElement === document.body) status.current?.focus();
          }}
        />
      )}
    </Page>
  );
}

/** While something in the list is under way, what became of it appears by itself. */
function useLooksAgain(listing: Listing<api.Email>): void {
  useEffect(() => {
    const timer = setInterval(() => {
      const { items } = listing.view.value;
      if (document.visibilityState === 'visible' && items.some((item) => isUnderWay(item))) {
        void listing.refresh();
      }
    }, lookMs);
    return () => clearInterval(timer);
  }, [listing]);
}
