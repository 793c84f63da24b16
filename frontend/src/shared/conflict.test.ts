import { expect, test } from 'vitest';
import { conflictOf, patchOf } from './conflict.ts';
import { Problem } from './http.ts';

interface Thing {
  title: string;
}

const current: Thing = { title: 'A leak' };
const change = {
  version: 2,
  actor: { id: 'd', display_name: 'Daniel' },
  at: '2026-11-20T12:00:00Z',
  fields: { title: { before: 'Leak', after: 'A leak' } },
};
const answer = (body: object) => new Problem(409, { type: 'https://x.example/changed-meanwhile', ...body });

test('a conflict holds the thing as it is and what was done to it', () => {
  expect(conflictOf<Thing>(answer({ current, changes: [change] }))).toEqual({ current, changes: [change] });
  expect(conflictOf<Thing>(answer({ current }))?.changes).toEqual([]);
});

test('a conflict is told from every other refusal', () => {
  expect(conflictOf(answer({}))).toBeNull();
  expect(conflictOf(new Problem(409, { type: 'https://x.example/not-open', current }))).toBeNull();
  expect(conflictOf(new TypeError('no'))).toBeNull();
});

test('of the named fields those that differ are sent, and nothing else', () => {
  const before = { title: 'A leak', body: 'By the window', version: 1 };
  const after = { ...before, body: '', version: 2 };
  expect(patchOf(['title', 'body'], before, after)).toEqual({ body: '' });
  expect(patchOf(['title', 'body'], before, before)).toEqual({});
});
