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
import type { Email, MailState } from './api.ts';
import { counted, shortTime } from './words.ts';

interface Standing {
  title: string;
  icon: IconNode;
  tint: Kind['tint'];
  /** What more there is to say of it, after its title. */
  more: (email: Email) => string;
}

const ended = ({ ended_at }: Email) => (ended_at ? shortTime(ended_at) : '');

/** How an e-mail stands, in the order of the filter. */
export const standings: Record<MailState, Standing> = {
  dead: {
    title: 'Given up',
    icon: MailWarning,
    tint: 'red',
    more: (email) =>
      [`after ${counted(email.attempts, 'try', 'tries')}`, ended(email)].filter(Boolean).join(', '),
  },
  waiting: {
    title: 'Waiting',
    icon: Clock,
    tint: 'blue',
    more: ({ due_at }) => `until ${shortTime(due_at)}`,
  },
  sending: { title: 'Being sent', icon: SendHorizontal, tint: 'blue', more: () => '' },
  retrying: {
    title: 'To be retried',
    icon: RotateCw,
    tint: 'amber',
    more: ({ attempts, due_at }) =>
      [attempts > 0 && `after ${counted(attempts, 'try', 'tries')}`, `at ${shortTime(due_at)}`]
        .filter(Boolean)
        .join(', '),
  },
  sent: { title: 'Sent', icon: MailCheck, tint: 'green', more: ended },
  not_sent: { title: 'Not sent', icon: MailMinus, tint: 'grey', more: ended },
  dropped: { title: 'Dropped', icon: Trash2, tint: 'grey', more: ended },
};

/** What the server lets an admin do with an e-mail in this state. */
export const mayRetry: ReadonlySet<MailState> = new Set(['dead', 'not_sent', 'dropped']);

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
