import { call } from '../shared/http.ts';
import type { Page } from '../shared/page.ts';
import type { Found } from './types.ts';

/** As the server has it. */
export const longestQuery = 200;

/** As much of the words as can be asked for; an emoji is one character, as the server counts. */
export function askable(words: string): string {
  return [...words.trim()].slice(0, longestQuery).join('').trim();
}

/** What a project holds of these words, as far as one reaches it, newest first. */
export function search(project: string, q: string, kind: string, cursor: string, limit: number) {
  const query = new URLSearchParams({ q, limit: `${limit}` });
  if (kind) query.set('kind', kind);
  if (cursor) query.set('cursor', cursor);
  return call<Page<Found>>(`/api/projects/${encodeURIComponent(project)}/search?${query}`);
}
