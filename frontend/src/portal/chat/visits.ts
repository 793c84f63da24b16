import { signal } from '@preact/signals';

/** Grows whenever messages were read here: counts of unread ones are read anew. */
export const messagesRead = signal(0);

let chosen = '';

/** The person chose this room in the list: when it is there, it takes the focus. */
export function choose(room: string): void {
  chosen = room;
}

export function takeChoice(room: string): boolean {
  const isIt = chosen === room;
  chosen = '';
  return isIt;
}
