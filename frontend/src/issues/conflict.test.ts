import { expect, test } from 'vitest';
import { conflictOf } from '../shared/conflict.ts';
import { Problem } from '../shared/http.ts';
import { deedOf, fasterText, merged, textPatch } from './conflict.ts';
import type { Issue } from './types.ts';

const before = { title: 'A leak', body: 'By the window' };
const current = { title: 'A leak', body: 'By the door', status: 'in_progress' };
const started = {
  version: 2,
  actor: { id: 'd', display_name: 'Daniel' },
  at: '2026-11-20T12:00:00Z',
  fields: { status: { before: 'open', after: 'in_progress' } },
};
const answer = (body: object) => new Problem(409, { type: 'https://x.example/changed-meanwhile', ...body });

test('only what was written is sent', () => {
  expect(textPatch(before, before)).toEqual({});
  expect(textPatch(before, { ...before, title: 'Two leaks' })).toEqual({ title: 'Two leaks' });
  expect(textPatch(before, { title: 'A leak', body: '' })).toEqual({ body: '' });
});

test('what was written here stands, and what was written elsewhere where nothing was written here', () => {
  const there = { title: 'A leak', body: 'By the door' };
  expect(merged(before, { ...before, title: 'Two leaks' }, there)).toEqual({
    title: 'Two leaks',
    body: 'By the door',
  });
  expect(merged(before, { ...before, body: 'By the stairs' }, there).body).toBe('By the stairs');
});

test('it is said who was faster, as far as that is known', () => {
  const conflict = conflictOf<Issue>(answer({ current, changes: [started] }));
  const nameless = conflictOf<Issue>(answer({ current, changes: [] }));
  expect(conflict && fasterText(conflict)).toBe('Daniel was faster: it is “In progress” now.');
  expect(nameless && fasterText(nameless)).toBe('What it says was changed meanwhile. Look at it again.');
});

test('who changed the text is named too', () => {
  const rewritten = { ...started, version: 3, fields: { title: { before: 'A leak', after: 'Two leaks' } } };
  const conflict = conflictOf<Issue>(answer({ current, changes: [started, rewritten] }));
  expect(conflict && fasterText(conflict)).toBe('Daniel changed the title meanwhile. Look at it again.');
});

test('a change says what was done', () => {
  const text = { before: 'a', after: 'b' };
  expect(deedOf(started)).toBe('made it “In progress”');
  expect(deedOf({ ...started, fields: { title: text, body: text } })).toBe(
    'changed the title and the description',
  );
  expect(deedOf({ ...started, fields: { body: text, ...started.fields } })).toBe(
    'changed the description and made it “In progress”',
  );
  expect(deedOf({ ...started, fields: { status: { before: 'open', after: 'toString' } } })).toBe(
    'changed it',
  );
});
