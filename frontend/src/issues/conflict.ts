import { type Change, type Conflict, patchOf } from '../shared/conflict.ts';
import type { Issue, Status } from './types.ts';
import { statuses } from './words.ts';

/** What a person may write about an issue. */
export interface Text {
  title: string;
  body: string;
}

export type IssueConflict = Conflict<Issue>;

/** What somebody did, to be read after their name. */
export function deedOf({ fields }: Change): string {
  const status = fields.status?.after;
  const isKnown = typeof status === 'string' && Object.hasOwn(statuses, status);
  const texts = [fields.title && 'the title', fields.body && 'the description'].filter(Boolean);
  const deeds = [
    texts.length > 0 && `changed ${texts.join(' and ')}`,
    isKnown && `made it “${statuses[status as Status].name}”`,
  ];
  return deeds.filter(Boolean).join(' and ') || 'changed it';
}

/** What happened instead of what was asked for. */
export function fasterText({ current, changes }: IssueConflict): string {
  const last = changes.at(-1);
  if (last?.fields.status)
    return `${last.actor.display_name} was faster: it is “${statuses[current.status].name}” now.`;
  return last
    ? `${last.actor.display_name} ${deedOf(last)} meanwhile. Look at it again.`
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
