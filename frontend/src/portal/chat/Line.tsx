import { Clock3, RotateCw, Trash2, TriangleAlert } from 'lucide';
import type { Outbox, Unsent } from '../../chat/outbox.ts';
import type { Line } from '../../chat/rows.ts';
import { Icon } from '../../shared/icon.tsx';
import { FileList } from '../files/FileList.tsx';
import { useTarget } from '../focus.ts';
import { PlainText } from '../text.tsx';
import { Face } from './Face.tsx';

const clock = new Intl.DateTimeFormat('en', { timeStyle: 'short' });
const exact = new Intl.DateTimeFormat('en', { dateStyle: 'full', timeStyle: 'medium' });

interface Props {
  line: Line;
  isTarget: boolean;
  outbox: Outbox;
  /** Who has read it, when that is to be said here. */
  seenBy: readonly string[];
}

/** One message of the conversation, or one that is on its way. */
export function MessageLine({ line, isTarget, outbox, seenBy }: Props) {
  const target = useTarget<HTMLLIElement>(isTarget, line.id);
  const { author, isOwn, continues, unsent } = line;
  const classes = ['message', isOwn && 'own', continues && 'continues', isTarget && 'target', unsent?.state];
  return (
    <li
      ref={target}
      id={`message-${line.id}`}
      class={classes.filter(Boolean).join(' ')}
      tabIndex={isTarget ? -1 : undefined}
      aria-current={isTarget ? 'true' : undefined}
    >
      {!isOwn && <span class="message-face">{!continues && <Face person={author} />}</span>}
      <div class="message-main">
        <p class={continues ? 'message-head visually-hidden' : 'message-head'}>
          <span
            class={isOwn ? 'visually-hidden' : 'message-author two-lines'}
            dir="auto"
            title={isOwn ? undefined : author.display_name}
          >
            {isOwn ? 'You' : author.display_name}
          </span>
          {!continues && <Time at={line.at} />}
        </p>
        {line.body !== '' && (
          <div class="bubble" title={exact.format(line.at)}>
            <p class="message-body" dir="auto">
              <PlainText of={line.body} />
            </p>
          </div>
        )}
        {line.files.length > 0 && <FileList files={line.files} />}
        {unsent && <OnItsWay unsent={unsent} outbox={outbox} />}
        {seenBy.length > 0 && <p class="message-note">{seenText(seenBy)}</p>}
      </div>
    </li>
  );
}

function Time({ at }: { at: Date }) {
  return (
    <time dateTime={at.toISOString()} title={exact.format(at)}>
      {clock.format(at)}
    </time>
  );
}

function OnItsWay({ unsent, outbox }: { unsent: Unsent; outbox: Outbox }) {
  if (unsent.state === 'sending' || unsent.state === 'sent') return <p class="message-note">Sending…</p>;
  const isWaiting = unsent.state === 'waiting';
  return (
    <div class="message-note unsent">
      <span class="unsent-why">
        <Icon of={isWaiting ? Clock3 : TriangleAlert} size={14} />
        {unsentText(unsent)}
      </span>
      {!isWaiting && (
        <button type="button" class="text-button" onClick={() => outbox.retry(unsent.id)}>
          <Icon of={RotateCw} size={14} />
          Retry
        </button>
      )}
      <button type="button" class="text-button" onClick={() => outbox.discard(unsent.id)}>
        <Icon of={Trash2} size={14} />
        Discard
      </button>
    </div>
  );
}

function unsentText({ state, reason, unanswered }: Unsent): string {
  if (state === 'waiting') {
    return unanswered
      ? 'Waiting for the connection. It may have been sent already'
      : 'Waiting for the connection';
  }
  return unanswered
    ? `No answer came. It may have been sent already. ${reason ?? ''}`
    : `Not sent. ${reason ?? ''}`;
}

function seenText(names: readonly string[]): string {
  return names.length > 3 ? `Seen by ${names.length} people` : `Seen by ${names.join(', ')}`;
}
