import { MailOpen, RotateCw, Trash2 } from 'lucide';
import { Icon } from '../shared/icon.tsx';
import type * as api from './api.ts';
import type { Deed } from './MailQuestion.tsx';
import { mayDrop, mayRetry, moreOf, nameOf, standings, wordsOf } from './mail.ts';
import { shortTime } from './words.ts';

interface RowProps {
  email: api.Email;
  ask: (deed: Deed) => void;
}

/** An e-mail of the list: when it was made, by which the list goes, and what became of it. */
export function EmailRow({ email, ask }: RowProps) {
  const { icon, tint, title, more } = standings[email.state];
  const about = wordsOf(email);
  const again = email.state === 'retrying' ? 'now' : 'again';
  return (
    <li class="row still mail-row">
      <span class={`tile tint-${tint}`}>
        <Icon of={icon} size={18} />
      </span>
      <span class="row-main">
        <strong class="mail-title" title={about}>
          <span class="two-lines" dir="auto">
            {wordsOf({ ...email, item_count: 1 })}
          </span>
          {email.item_count > 1 && <span class="mail-more">{moreOf(email.item_count)}</span>}
        </strong>
        <span class="mail-line">
          To <Recipient recipient={email.recipient} />
          {email.address && ` · ${email.address}`}
        </span>
        <span class="mail-line">Made {shortTime(email.created_at)}</span>
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
          <a class="row-button" href={`/admin/mail/${email.id}`} aria-label={`Read ${about}`} title="Read">
            <Icon of={MailOpen} size={18} />
          </a>
        )}
        {mayRetry.has(email.state) && (
          <button
            type="button"
            class="row-button"
            aria-label={`Try ${about} ${again}`}
            title={`Try ${again}`}
            onClick={() => ask('retry')}
          >
            <Icon of={RotateCw} size={18} />
          </button>
        )}
        {mayDrop(email) && (
          <button
            type="button"
            class="row-button grave"
            aria-label={`Drop ${about}`}
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
