import { expect, test } from 'vitest';
import type { Change } from '../shared/conflict.ts';
import { fieldsOf, mergeOf, taskPatch } from './conflict.ts';
import { task } from './testing/world.ts';
import type { Task } from './types.ts';

const paula = { id: 'pm', display_name: 'Paula Meyer' };
const before = fieldsOf(task('t', { title: 'Paint', description: 'White.' }));

function change(version: number, fields: Change['fields']): Change {
  return { version, actor: paula, at: `2026-11-21T12:00:0${version}Z`, fields };
}

const now = (changes: Partial<Task>) =>
  task('t', { title: 'Paint', description: 'White.', version: 3, ...changes });

test('what differs is sent, and nothing else', () => {
  expect(taskPatch(before, { ...before, due_on: '2026-12-01' })).toEqual({ due_on: '2026-12-01' });
  expect(taskPatch(before, before)).toEqual({});
});

test('what only they changed is taken over, what only I changed stays', () => {
  const mine = { ...before, title: 'Paint the hall' };
  const merge = mergeOf(before, mine, {
    current: now({ status: 'done' }),
    changes: [change(2, { status: { before: 'todo', after: 'done' } })],
  });
  expect(merge.clashes).toEqual([]);
  expect(merge.fields).toEqual({ ...mine, status: 'done' });
  expect(merge.taken).toEqual([
    { field: 'status', before: 'todo', theirs: 'done', by: paula, at: '2026-11-21T12:00:02Z' },
  ]);
  expect(taskPatch(merge.before, merge.fields)).toEqual({ title: 'Paint the hall' });
  expect(merge.version).toBe(3);
});

test('what both changed is to be chosen, and mine is kept until then', () => {
  const mine = { ...before, description: 'Green.' };
  const merge = mergeOf(before, mine, {
    current: now({ description: 'Blue.' }),
    changes: [
      change(3, { description: { before: 'Red.', after: 'Blue.' } }),
      change(2, { description: { before: 'White.', after: 'Red.' } }),
    ],
  });
  expect(merge.fields.description).toBe('Green.');
  expect(merge.clashes).toEqual([
    {
      field: 'description',
      before: 'White.',
      theirs: 'Blue.',
      mine: 'Green.',
      by: paula,
      at: '2026-11-21T12:00:03Z',
    },
  ]);
});

test('the same change made twice is none', () => {
  const mine = { ...before, status: 'done' as const };
  const merge = mergeOf(before, mine, { current: now({ status: 'done' }), changes: [] });
  expect([merge.clashes, merge.taken]).toEqual([[], []]);
  expect(taskPatch(merge.before, merge.fields)).toEqual({});
});

test('what they changed and changed back is no conflict', () => {
  const mine = { ...before, title: 'Paint the hall' };
  const merge = mergeOf(before, mine, { current: now({}), changes: [] });
  expect(merge.clashes).toEqual([]);
  expect(merge.fields).toEqual(mine);
});

test('an assignee is compared by who it is', () => {
  const merge = mergeOf(before, before, { current: now({ assignee: paula }), changes: [] });
  expect(merge.taken).toEqual([{ field: 'assignee_id', before: null, theirs: 'pm', by: null, at: null }]);
});
