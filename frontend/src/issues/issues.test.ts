import { expect, test } from 'vitest';
import { refer } from './reference.ts';
import { tabOf } from './tabs.ts';
import type { Status, StatusChange } from './types.ts';
import { deedOf, steps } from './words.ts';

function draft(text: string | null) {
  return {
    text,
    read() {
      return this.text;
    },
    write(value: string | null) {
      this.text = value;
    },
  };
}

const url = 'https://portal.example/projects/p/issues/i';

test('an address that names no tab shows what is active', () => {
  expect(tabOf('')).toMatchObject({ text: 'Active', statuses: ['open', 'in_progress'] });
  expect(tabOf('done').statuses).toEqual(['done']);
  expect(tabOf('all').statuses).toEqual([]);
  expect(tabOf('toString').text).toBe('Active');
});

test('a reference goes below what was begun to write, once', () => {
  const kept = draft('Good morning,  \n');
  refer(kept, 'A leak', url);
  expect(kept.text).toBe(`Good morning,\n\n“A leak”\n${url}\n`);
  refer(kept, 'A leak', url);
  expect(kept.text?.match(/A leak/g)).toHaveLength(1);
});

test('a reference is all there is where nothing was written', () => {
  for (const text of [null, '', '  \n']) {
    const kept = draft(text);
    refer(kept, 'A leak', url);
    expect(kept.text).toBe(`“A leak”\n${url}\n`);
  }
});

test.each<[Status, Status, string]>([
  ['open', 'in_progress', 'started work on it'],
  ['in_progress', 'done', 'marked it as done'],
  ['open', 'declined', 'declined it'],
  ['declined', 'open', 'reopened it'],
  ['done', 'open', 'reopened it'],
  ['in_progress', 'open', 'put it back to open'],
])('from %s to %s reads "%s"', (status_before, status, words) => {
  expect(deedOf({ status_before, status } as StatusChange)).toBe(words);
});

test('no step leads to where it is', () => {
  for (const [status, ways] of Object.entries(steps)) {
    expect(ways.map(({ to }) => to)).not.toContain(status);
    expect(ways.length).toBeGreaterThan(0);
  }
});
