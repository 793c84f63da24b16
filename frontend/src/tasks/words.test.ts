import { expect, test } from 'vitest';
import { task } from './testing/world.ts';
import type { Approval } from './types.ts';
import { latestOfEachRoom, nextOf, pendingOf, progressOf, standingOf } from './words.ts';

const approval = (room_id: string, changes: Partial<Approval> = {}) =>
  ({ room_id, state: 'pending', is_current: true, ...changes }) as Approval;

test.each([
  ['pending', true, 'waiting'],
  ['approved', true, 'approved'],
  ['approved', false, 'outdated'],
  ['changes_requested', true, 'changes'],
  ['changes_requested', false, 'changes'],
  ['superseded', false, 'replaced'],
] as const)('%s, current: %s, is %s', (state, is_current, standing) => {
  expect(standingOf(approval('r', { state, is_current }))).toBe(standing);
});

test('the latest request of each client stands for it', () => {
  const approvals = [approval('r', { id: '3' }), approval('s', { id: '2' }), approval('r', { id: '1' })];
  expect(latestOfEachRoom(approvals).map(({ id }) => id)).toEqual(['3', '2']);
});

test('what waits can still be answered', () => {
  const approvals = [
    approval('r'),
    approval('s', { state: 'superseded' }),
    approval('t', { state: 'approved' }),
  ];
  expect(pendingOf(task('a', { approvals })).length).toBe(1);
});

test('progress counts what is done of all', () => {
  expect(
    progressOf([task('a', { status: 'done' }), task('b'), task('c', { status: 'in_progress' })]),
  ).toEqual({
    done: 1,
    total: 3,
  });
});

test('next come open tasks by their day, then those without one in their order', () => {
  const tasks = [
    task('a'),
    task('b', { due_on: '2026-12-02' }),
    task('c', { due_on: '2026-12-01', status: 'done' }),
    task('d', { due_on: '2026-11-30' }),
    task('e'),
  ];
  expect(nextOf(tasks, 3).map(({ id }) => id)).toEqual(['d', 'b', 'a']);
});
