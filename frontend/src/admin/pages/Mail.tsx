import { MailOpen, Mails, MailX, RotateCw, SearchX, Trash2 } from 'lucide';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Page } from '../../portal/Shell.tsx';
import { Confirm } from '../../portal/ui/Confirm.tsx';
import { useFilters } from '../../portal/ui/filters.ts';
import { Listed, useListing } from '../../portal/ui/Listed.tsx';
import { Icon } from '../../shared/icon.tsx';
import type { Listing } from '../../shared/listing.ts';
import * as api from '../api.ts';
import { isUnderWay, mayDrop, mayRetry, standings } from '../mail.ts';
import { PersonFilter } from '../PersonFilter.tsx';
import { counted, shortId } from '../words.ts';

const lookMs = 5_000;

type Asked = { deed: 'retry' | 'drop'; email: api.Email };

export function MailPage() {
  const [filters, change] = useFilters('state', 'user_id');
  const listing = useListing(
    `mail ${JSON.stringify(filters)}`,
    (cursor, limit) => api.emails(filters, cursor, limit),
    (email) => email.id,
  );
  useLooksAgain(listing);
  const [asked, setAsked] = useState<Asked | null>(null);
  const [said, setSaid] = useState('');
  const status = useRef<HTMLParagraphElement>(null);
  const isFiltered = Object.values(filters).some(Boolean);

  const carryOut = async (deed: () => Promise<void>, words: string) => {
    try {
      await deed();
      setSaid(words);
    } finally {
      // What was refused stands otherwise than the list says.
      await listing.refresh();
    }
  };

  return (
    <Page
      title="E-mail"
      lead="What was sent in the last month, and what was not."
      aside={
        <a class="button to-suppressions" href="/admin/mail/suppressions">
          <Icon of={MailX} size={18} />
          Suppressed addresses
        </a>
      }
    >
      <div class="filters labelled">
        <div class="field">
          <label for="state">State</label>
          <select
            id="state"
            value={filters.state}
            onChange={(event) => change({ state: event.currentTarget.value })}
          >
            <option value="">All</option>
            {Object.entries(standings).map(([state, { title }]) => (
              <option key={state} value={state}>
                {title}
              </option>
            ))}
          </select>
        </div>
        <PersonFilter label="To whom" value={filters.user_id} choose={(user_id) => change({ user_id })} />
      </div>
      <p class="done mail-done" role="status" ref={status} tabIndex={-1}>
        {said}
      </p>
      <Listed
        listing={listing}
        count={(shown, hasMore) => `${counted(shown, 'e-mail')} shown${hasMore ? ', there are more' : ''}`}
        empty={
          isFiltered
            ? { icon: SearchX, heading: 'Nothing found', text: 'No e-mail matches these filters.' }
            : {
                icon: Mails,
                heading: 'No e-mail yet',
                text: 'What people are told by e-mail appears here.',
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
        <Question
          {...asked}
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

interface RowProps {
  email: api.Email;
  ask: (deed: Asked['deed']) => void;
}

function EmailRow({ email, ask }: RowProps) {
  const { icon, tint, title, more } = standings[email.state];
  const about = titleOf(email);
  return (
    <li class="row still mail-row">
      <span class={`tile tint-${tint}`}>
        <Icon of={icon} size={18} />
      </span>
      <span class="row-main">
        <strong class="mail-title two-lines" dir="auto" title={about}>
          {about}
        </strong>
        <span class="mail-line">
          To <Recipient recipient={email.recipient} />
          {email.address && ` · ${email.address}`}
        </span>
        <span class="mail-line">
          <span class={`badge badge-${tint}`}>{title}</span> {more(email)}
        </span>
        {email.error && (
          <span class={email.state === 'dead' ? 'mail-error grave' : 'mail-error'} dir="auto">
            {email.error}
          </span>
        )}
      </span>
      <span class="mail-deeds">
        {email.has_letter && (
          <a class="row-button" href={`/admin/mail/${email.id}`} aria-label={`Read “${about}”`} title="Read">
            <Icon of={MailOpen} size={18} />
          </a>
        )}
        {mayRetry.has(email.state) && (
          <button
            type="button"
            class="row-button"
            aria-label={`Try “${about}” again`}
            title="Try again"
            onClick={() => ask('retry')}
          >
            <Icon of={RotateCw} size={18} />
          </button>
        )}
        {mayDrop(email) && (
          <button
            type="button"
            class="row-button grave"
            aria-label={`Drop “${about}”`}
            title="Drop"
            onClick={() => ask('drop')}
          >
            <Icon of={Trash2} size={18} />
          </button>
        )}
      </span>
    </li>
  );
}

function Recipient({ recipient }: { recipient: api.Email['recipient'] }) {
  const name = nameOf(recipient);
  if (!recipient.display_name) return <>{name}</>;
  return (
    <a href={`/admin/accounts/${recipient.id}`}>
      <bdi>{name}</bdi>
    </a>
  );
}

interface QuestionProps extends Asked {
  carryOut: (deed: () => Promise<void>, words: string) => Promise<void>;
  closed: () => void;
}

function Question({ deed, email, carryOut, closed }: QuestionProps) {
  const about = titleOf(email);
  const name = nameOf(email.recipient);
  return deed === 'retry' ? (
    <Confirm
      title="Try this e-mail again?"
      action="Try again"
      doing="Asking…"
      run={() => carryOut(() => api.retryEmail(email.id), `“${about}” to ${name} is tried again now.`)}
      closed={closed}
    >
      <p>
        “<bdi>{about}</bdi>” is looked at anew right away. <bdi>{name}</bdi> gets what they have not read
        meanwhile, may still see and still want by e-mail, if it is not older than three days.
      </p>
      <p>An address that is suppressed has to be allowed first.</p>
    </Confirm>
  ) : (
    <Confirm
      title="Drop this e-mail?"
      action="Drop"
      doing="Dropping…"
      danger
      run={() => carryOut(() => api.dropEmail(email.id), `“${about}” to ${name} is dropped.`)}
      closed={closed}
    >
      <p>
        <bdi>{name}</bdi> does not get “<bdi>{about}</bdi>” by e-mail. In their bell it stays.
      </p>
    </Confirm>
  );
}

/** "A leak", "A leak, and 2 more". */
function titleOf({ title, item_count }: api.Email): string {
  const more = item_count - 1;
  return `${title ?? 'Nothing any more'}${more > 0 ? `, and ${more} more` : ''}`;
}

function nameOf({ id, display_name }: api.Email['recipient']): string {
  return display_name ?? `user ${shortId(id)}`;
}
