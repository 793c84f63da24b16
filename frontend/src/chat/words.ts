import { countText } from '../files/words.ts';
import type { LastMessage, Message } from './types.ts';

/** What stands for a message where there is one line for it. */
export function snippetOf({ body, file_count: count }: Pick<LastMessage, 'body' | 'file_count'>): string {
  return body || (count > 0 ? countText(count) : '');
}

/** A message as it is read out. */
export function spoken({ author, body, files }: Message): string {
  const name = author.display_name;
  if (files.length === 0) return `${name} wrote: ${body}`;
  const count = countText(files.length);
  return body ? `${name} wrote, with ${count}: ${body}` : `${name} sent ${count}`;
}
