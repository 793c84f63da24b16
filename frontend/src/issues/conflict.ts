import { type Change, type Conflict, patchOf } from '../shared/conflict.ts';
import type { Issue, Status } from './types.ts';
import { statuses } from './words.ts';

/** What a person may write about an issue. */
export interface Text {
  title: string;
  body: string;
}

/** An issue's status is told change by change; of a changed text there is only what it is now. */
export type IssueConflict = Conflict<Issue>;

/** The status that a change led to, by its name. */
export function statusOf({ fields }: Change): string {
  const status = fields.status?.after;
  return typeof status === 'string' && Object.hasOwn(statuses, status) ? statuses[status as Status].name : '';
}

/** What happened instead of what was asked for. */
export function fasterText({ current, changes }: IssueConflict): string {
  const last = changes.at(-1);
  return last
    ? `${last.actor.display_name} was faster: it is “${statuses[current.status].name}” now.`
    : 'What it says was changed meanwhile. Look at it again.';
}

export function textPatch(before: Text, after: Text): Partial<Text> {
  return patchOf(['title', 'body'], before, after);
}

/** What was written here, and what was written elsewhere where nothing was written here. */
export function merged(before: Text, mine: Text, { title, body }: Text): Text {
  return { title, body, ...textPatch(before, mine) };
}

/** Whether the author may still change the text. */
export function isWritable(status: Status): boolean {
  return status === 'open';
}
