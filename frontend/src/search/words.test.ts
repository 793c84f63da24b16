import { expect, test } from 'vitest';
import type { Found } from './types.ts';
import { kindOf, linesOf } from './words.ts';

const found = (title: string, snippet: [string, boolean][]) =>
  ({ title, snippet: snippet.map(([text, is_match]) => ({ text, is_match })) }) as Found;

test('a title and what was found below it', () => {
  const { title, snippet } = linesOf(
    found('A leak', [
      ['By the ', false],
      ['window', true],
    ]),
  );
  expect(title).toEqual([{ text: 'A leak', is_match: false }]);
  expect(snippet).toHaveLength(2);
});

test('what was found in the title is marked there, and not said twice', () => {
  const { title, snippet } = linesOf(
    found('window.pdf', [
      ['window', true],
      ['.pdf', false],
    ]),
  );
  expect(title.map(({ is_match }) => is_match)).toEqual([true, false]);
  expect(snippet).toEqual([]);
});

test('a message has no title: its words are the first line', () => {
  expect(linesOf(found('', [['Hello', true]])).title).toEqual([{ text: 'Hello', is_match: true }]);
});

test('an address may hold anything', () => {
  expect(kindOf('task')).toBe('task');
  expect(kindOf('toString')).toBe('');
  expect(kindOf('')).toBe('');
});
