import { MailOpen, RotateCw, Trash2 } from 'lucide';
import { Icon } from '../shared/icon.tsx';
import type * as api from './api.ts';
import type { Deed } from './MailQuestion.tsx';
import { mayDrop, mayRetry, moreOf, nameOf, standings, titleOf, wordsOf } from './mail.ts';
import { shortTime } from './words.ts';

interface RowProps {
  email: api.Email;
  ask: (deed: Deed) => void;
}

/** An e-mail of the list: when it was created, by which the list goes, and what became of it. */
export function EmailRow({ email, ask }: RowProps) {
  const { icon, tint, more } = standings[email.state];
  const about = wordsOf(email);
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
        <span class="mail-line">Created {shortTime(email.created_at)}</span>
        <span class="mail-line">
          <span class={`badge badge-${tint}`}>{titleOf(email)}</span> {more(email)}
        </span>
        {email.error && (
          <span class={email.state === 'dead' ? 'mail-error grave' : 'mail-error'} dir="auto">
            {email.error}
          </span>
        )}
      </span>
      <span class="mail-deeds">
        {email.has_letter && (
          <a class="button mail-deed" href={`/admin/mail/${email.id}`}>
            <Icon of={MailOpen} size={16} />
            <Words words="Read" about={about} />
          </a>
        )}
        {mayRetry.has(email.state) && (
          <button type="button" class="button mail-deed" onClick={() => ask('retry')}>
            <Icon of={RotateCw} size={16} />
            <Words words={email.state === 'retrying' ? 'Retry now' : 'Retry'} about={about} />
          </button>
        )}
        {mayDrop(email) && (
          <button type="button" class="button mail-deed grave" onClick={() => ask('drop')}>
            <Icon of={Trash2} size={16} />
            <Words words="Drop" about={about} />
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

/** What a button does, and, for who hears it among many, to what. */
function Words({ words, about }: { words: string; about: string }) {
  return (
    <span>
      {words}
      <span class="visually-hidden"> {about}</span>
    </span>
  );
}
