import type { PortalFile } from '../files/types.ts';
import { dayOf } from '../shared/ago.ts';
import type { Unsent } from './outbox.ts';
import type { Message } from './types.ts';

/** Messages of one author that follow within this time stand together. */
const togetherMs = 5 * 60_000;

/** One line of the conversation: a message, or what is on its way to be one. */
export interface Line {
  id: string;
  /** Null while the server has not numbered it. */
  number: number | null;
  author: { id: string; display_name: string };
  body: string;
  files: readonly PortalFile[];
  at: Date;
  isOwn: boolean;
  /** Whether it stands under the head of the line before. */
  continues: boolean;
  /** Whether the "New messages" line stands above. */
  startsNew: boolean;
  unsent: Unsent | null;
}

export interface Day {
  /** The date, the same whenever one looks. */
  key: string;
  name: string;
  lines: Line[];
}

interface Conversation {
  messages: readonly Message[];
  unsent: readonly Unsent[];
  me: { id: string; display_name: string };
  /** Number of the first message that is new to the reader. */
  newFrom: number | null;
  now: Date;
}

/** The conversation as it is laid out: days, and in them lines that know whether they continue the one before. */
export function daysOf({ messages, unsent, me, newFrom, now }: Conversation): Day[] {
  const days: Day[] = [];
  const there = new Set(messages.slice(-100).map(({ id }) => id));
  const lines = [
    ...messages.map((message) => lineOf(message, me.id)),
    ...unsent.filter(({ id }) => !there.has(id)).map((entry) => unsentLine(entry, me)),
  ];
  let before: Line | undefined;
  let awaitsNew = newFrom !== null && (messages[0]?.number ?? 0) <= newFrom;
  for (const line of lines) {
    const key = line.at.toDateString();
    let day = days.at(-1);
    if (day?.key !== key) {
      day = { key, name: dayOf(line.at, now), lines: [] };
      days.push(day);
      before = undefined;
    }
    if (awaitsNew && !line.isOwn && (line.number ?? 0) >= (newFrom ?? 0)) {
      line.startsNew = true;
      awaitsNew = false;
    }
    line.continues = !line.startsNew && before !== undefined && isTogether(before, line);
    day.lines.push(line);
    before = line;
  }
  return days;
}

function lineOf(message: Message, me: string): Line {
  const { id, number, author, body, files } = message;
  const at = new Date(message.created_at);
  const isOwn = author.id === me;
  return { id, number, author, body, files, at, isOwn, continues: false, startsNew: false, unsent: null };
}

function unsentLine(unsent: Unsent, me: Conversation['me']): Line {
  const at = new Date(unsent.written_at);
  const { id, body, files = [] } = unsent;
  return {
    id,
    number: null,
    author: me,
    body,
    files,
    at,
    isOwn: true,
    continues: false,
    startsNew: false,
    unsent,
  };
}

function isTogether(before: Line, line: Line): boolean {
  return before.author.id === line.author.id && line.at.getTime() - before.at.getTime() < togetherMs;
}
