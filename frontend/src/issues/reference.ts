import type { Kept } from '../chat/types.ts';

/** Puts a reference to a thing at the end of what was begun to write, once. */
export function refer(draft: Kept<string>, title: string, url: string): void {
  const written = draft.read() ?? '';
  if (written.includes(url)) return;
  const reference = `“${title}”\n${url}\n`;
  draft.write(written.trim() === '' ? reference : `${written.trimEnd()}\n\n${reference}`);
}
