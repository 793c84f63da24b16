import { Problem } from '../shared/http.ts';
import type { Issue, Name, Status } from './types.ts';
import { statuses } from './words.ts';

/** What a person may write about an issue. */
export interface Text {
  title: string;
  body: string;
}

/** One change of the status that was made meanwhile; of a changed text there is only what it is now. */
export interface Change {
  version: number;
  actor: Name;
  at: string;
  fields: Record<string, { before: unknown; after: unknown }>;
}

/** Somebody else was faster: the issue as it is now, and what was done to it. */
export interface Conflict {
  current: Issue;
  changes: Change[];
}

/** The conflict that an answer tells of; null for any other problem. */
export function conflictOf(error: unknown): Conflict | null {
  if (!(error instanceof Problem) || !error.type.endsWith('/changed-meanwhile')) return null;
  const { current, changes } = error.body;
  if (typeof current !== 'object' || current === null) return null;
  return { current: current as Issue, changes: Array.isArray(changes) ? (changes as Change[]) : [] };
}

/** The status that a change led to, by its name. */
export function statusOf({ fields }: Change): string {
  const status = fields.status?.after;
  return typeof status === 'string' && Object.hasOwn(statuses, status) ? statuses[status as Status].name : '';
}

/** What happened instead of what was asked for. */
export function fasterText({ current, changes }: Conflict): string {
  const last = changes.at(-1);
  return last
    ? `${last.actor.display_name} was faster: it is “${statuses[current.status].name}” now.`
    : 'What it says was changed meanwhile. Look at it again.';
}

/** What is to be sent: only what differs from what was there when the writing began. */
export function patchOf(before: Text, after: Text): Partial<Text> {
  return {
    ...(after.title !== before.title ? { title: after.title } : {}),
    ...(after.body !== before.body ? { body: after.body } : {}),
  };
}

/** What was written here, and what was written elsewhere where nothing was written here. */
export function merged(before: Text, mine: Text, current: Text): Text {
  const pick = (field: keyof Text) => (mine[field] !== before[field] ? mine[field] : current[field]);
  return { title: pick('title'), body: pick('body') };
}

/** Whether the author may still change the text. */
export function isWritable(status: Status): boolean {
  return status === 'open';
}
