import { expect, test } from 'vitest';
import { fileOf } from '../files/testing/world.ts';
import { snippetOf, spoken } from './words.ts';

const base = { id: 'm', number: 1, author: { id: 'c', display_name: 'Clara' }, created_at: '' };
const message = (body: string, count: number) => ({
  ...base,
  room_id: 'room',
  project_id: 'project',
  body,
  files: Array.from({ length: count }, (_, index) => fileOf(`f${index}`)),
});

test.each([
  ['Hello', 0, 'Hello'],
  ['Hello', 2, 'Hello'],
  ['', 1, '1 file'],
  ['', 2, '2 files'],
])('the last message "%s" with %i files reads "%s"', (body, file_count, text) => {
  expect(snippetOf({ ...base, body, file_count })).toBe(text);
});

test.each([
  ['Hello', 0, 'Clara wrote: Hello'],
  ['Hello', 2, 'Clara wrote, with 2 files: Hello'],
  ['', 1, 'Clara sent 1 file'],
])('"%s" with %i files is read out as "%s"', (body, count, text) => {
  expect(spoken(message(body, count))).toBe(text);
});
