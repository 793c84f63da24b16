import {
  Clock,
  type IconNode,
  MailCheck,
  MailMinus,
  MailWarning,
  RotateCw,
  SendHorizontal,
  Trash2,
} from 'lucide';
import type { Kind } from '../shared/kinds.ts';
import type { Delivery, Email, MailState, Retried } from './api.ts';
import { counted, shortId, shortTime } from './words.ts';

interface Standing {
  title: string;
  icon: IconNode;
  tint: Kind['tint'];
  /** What more there is to say of it, after its title. */
  more: (email: Email) => string;
}

const tries = ({ attempts }: Email) => attempts > 0 && `after ${counted(attempts, 'try', 'tries')}`;

const at = (word: string, iso: string | null) => iso !== null && `${word} ${shortTime(iso)}`;

/** What is known of these, one after another. */
const listed = (...parts: (string | false)[]) => parts.filter(Boolean).join(', ');

/** How an e-mail stands, in the order of the filter. */
export const standings: Record<MailState, Standing> = {
  dead: {
    title: 'Failed',
    icon: MailWarning,
    tint: 'red',
    more: (email) => listed(tries(email), at('on', email.ended_at)),
  },
  waiting: {
    title: 'Waiting',
    icon: Clock,
    tint: 'blue',
    more: ({ due_at }) => `until ${shortTime(due_at)}`,
  },
  sending: { title: 'Being sent', icon: SendHorizontal, tint: 'blue', more: () => '' },
  retrying: {
    title: 'Retrying',
    icon: RotateCw,
    tint: 'amber',
    more: (email) => listed(tries(email), at('next on', email.due_at)),
  },
  sent: { title: 'Sent', icon: MailCheck, tint: 'green', more: ({ ended_at }) => listed(at('on', ended_at)) },
  not_sent: {
    title: 'Not sent',
    icon: MailMinus,
    tint: 'grey',
    more: ({ ended_at }) => listed(at('decided on', ended_at)),
  },
  dropped: {
    title: 'Dropped',
    icon: Trash2,
    tint: 'grey',
    more: ({ ended_at }) => listed(at('on', ended_at)),
  },
};

const keptTitle = 'Kept as a file';

/** In a word, how this e-mail stands. */
export function titleOf({ state, has_letter }: Pick<Email, 'state' | 'has_letter'>): string {
  return state === 'sent' && has_letter ? keptTitle : standings[state].title;
}

/** The states with their titles, in the order of the filter. */
export function titles(areKept: boolean): [MailState, string][] {
  const all = Object.entries(standings) as [MailState, Standing][];
  return all.map(([state, { title }]) => [state, areKept && state === 'sent' ? keptTitle : title]);
}

/** In the recipient's words: “Clara asks for your approval” and 3 more. */
export function wordsOf({ title, item_count }: Pick<Email, 'title' | 'item_count'>): string {
  return [title === null ? 'Nothing left to tell' : `“${title}”`, moreOf(item_count)]
    .filter(Boolean)
    .join(' ');
}

/** What an e-mail tells besides the first thing. */
export function moreOf(count: number): string {
  return count > 1 ? `and ${count - 1} more` : '';
}

export function nameOf({ id, display_name }: Email['recipient']): string {
  return display_name ?? `user ${shortId(id)}`;
}

/** What the server lets an admin do with an e-mail in this state. */
export const mayRetry: ReadonlySet<MailState> = new Set(['dead', 'not_sent', 'dropped', 'retrying']);

export function mayDrop({ state, due_at }: Email): boolean {
  // One that is being sent is due when its worker's time is over.
  return dropped.has(state) && !(state === 'sending' && Date.parse(due_at) > Date.now());
}

const dropped: ReadonlySet<MailState> = new Set(['waiting', 'retrying', 'sending', 'dead']);

/** Whether a worker may change it at any moment. */
export function isUnderWay({ state, due_at }: Email): boolean {
  if (state === 'sending') return true;
  return (state === 'waiting' || state === 'retrying') && Date.parse(due_at) <= Date.now();
}

/** What became of those that failed when all were to be retried. */
export function retriedText({ count, left }: Retried): string {
  const verb = (of: number, one: string, many: string) => (of === 1 ? one : many);
  return [
    `${counted(count, 'failed e-mail')} ${verb(count, 'is', 'are')} retried now.`,
    left > 0 && `${left} ${verb(left, 'stays as it is', 'stay as they are')}: the address is suppressed.`,
  ]
    .filter(Boolean)
    .join(' ');
}

/** Whether e-mails are files here instead of being sent. */
export function isKept({ way }: Delivery): boolean {
  return /^files\b/.test(way);
}

/** What keeps e-mail or push from leaving, if anything does. */
export function hindranceOf(delivery: Delivery): string[] {
  const { way, email_due_since, email_error, push_due_since, given_up, given_up_error } = delivery;
  const [kind, why] = way.split(/:\s*(.*)/);
  const isOff = kind === 'off';
  return [
    isKept(delivery) && 'E-mail is kept as files in DATA_DIR/mail; no e-mail leaves this machine.',
    isOff && `E-mail is not sent${why ? `: ${why}` : ''}. What is to be sent waits.`,
    !isOff &&
      email_due_since !== null &&
      `E-mail has been due since ${shortTime(email_due_since)} and has not left: ${email_error ?? 'the mail server may be out of reach, or no worker is running'}.`,
    push_due_since !== null &&
      `Push has been due since ${shortTime(push_due_since)} and has not left: no push service may be within reach, or no worker is running.`,
    given_up > 0 &&
      `${counted(given_up, 'e-mail')} failed in the last 24 hours${given_up_error ? `, the latest because of: ${given_up_error}` : ''}.`,
  ].filter((line) => line !== false);
}
