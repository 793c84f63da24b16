import { kindOf } from '../shared/kinds.ts';

/** What a type of event is to somebody: by their role, else for all. */
const words: Record<string, Record<string, string>> = {
  message_posted: {
    client: 'The project team writes to you',
    developer: 'A client writes',
    staff: 'A client or a developer writes',
    other: 'Somebody writes in a conversation',
  },
  file_uploaded: {
    client: 'The project team shares a file with you',
    developer: 'A client uploads a file',
    other: 'Somebody uploads a file',
  },
  issue_created: { other: 'A client reports an issue' },
  requirement_created: { other: 'A client asks for something new' },
  task_completed: { other: 'A task is done' },
  approval_requested: { client: 'Your approval is wanted', other: 'An approval is wanted' },
  approval_decided: { client: 'Somebody else decides an approval for you', other: 'An approval is decided' },
};

export function wordsFor(type: string, role: string): string {
  const known = words[type];
  return known?.[role] ?? known?.other ?? kindOf(type).label;
}
