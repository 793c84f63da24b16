import { beforeEach, expect, test } from 'vitest';
import { settled } from '../inbox/testing/world.ts';
import { TaskList } from './list.ts';
import { FakeTasks, me, task } from './testing/world.ts';
import type { Task } from './types.ts';

let server: FakeTasks;
let list: TaskList;

beforeEach(async () => {
  server = new FakeTasks();
  server.rows = ['a', 'b', 'c'].map((id) => task(id));
  let ids = 0;
  const newId = () => {
    ids += 1;
    return `new${ids}`;
  };
  list = new TaskList({ me, wire: server, newId, now: () => new Date('2026-11-21T12:00:00Z') });
  await list.refresh();
});

const shown = () => list.tasks.value?.map(({ id }) => id).join(' ');
const find = (id: string) => list.find(id) as Task;

test('a task that is completed is so at once', async () => {
  server.hold();
  const done = list.setStatus(find('b'), 'done');
  expect(find('b').status).toBe('done');
  await settled();
  server.release();
  expect(await done).toBe(true);
  expect([find('b').status, find('b').version]).toEqual(['done', 2]);
});

test('what is refused goes back, with a word about it', async () => {
  server.failing = { status: 403 };
  expect(await list.setStatus(find('b'), 'done')).toBe(false);
  expect(find('b').status).toBe('todo');
  expect(list.refused.value?.what).toBe('“Task b” was not changed');
});

test('a new task shows at the end before the server has it, and once', async () => {
  server.hold();
  const created = list.create('Paint');
  expect([shown(), find('new1').version]).toEqual(['a b c new1', 0]);
  await settled();
  server.release();
  expect(await created).toBe(true);
  await list.refresh();
  expect([shown(), find('new1').version]).toEqual(['a b c new1', 1]);
});

test('a new task that is refused goes again', async () => {
  server.failing = { status: 422 };
  expect(await list.create('Paint')).toBe(false);
  expect(shown()).toBe('a b c');
});

test('moves are sent one after the other, in their order', async () => {
  server.hold();
  void list.move(find('a'), 1);
  void list.move(find('a'), 2);
  expect(shown()).toBe('b c a');
  await settled();
  expect(server.calls.slice(1)).toEqual(['change a {"after_id":"b"}']);
  server.release();
  await settled();
  await settled();
  expect(server.calls.slice(1)).toEqual(['change a {"after_id":"b"}', 'change a {"after_id":"c"}']);
  expect(server.rows.map(({ id }) => id).join(' ')).toBe('b c a');
  expect(shown()).toBe('b c a');
});

test('what was read before a change does not undo it', async () => {
  server.hold();
  const reading = list.refresh();
  const moving = list.move(find('c'), 0);
  await settled();
  server.release();
  await Promise.all([reading, moving]);
  expect(shown()).toBe('c a b');
});

test('what others change shows below what is on its way here', async () => {
  server.hold();
  void list.setStatus(find('a'), 'done');
  await settled();
  server.rows = [task('a'), task('x'), task('b'), task('c')];
  const reading = list.refresh();
  server.release();
  await reading;
  expect(shown()).toBe('a x b c');
  expect(find('a').status).toBe('done');
});

test('a deleted task goes when it is deleted', async () => {
  await list.remove(find('b'));
  expect(shown()).toBe('a c');
});

test('a task that cannot be deleted stays, and says why', async () => {
  server.failing = { status: 409 };
  await expect(list.remove(find('b'))).rejects.toMatchObject({ status: 409 });
  expect(shown()).toBe('a b c');
});

test('a passing failure does not take away what is shown', async () => {
  server.failing = { status: 0 };
  await list.refresh();
  expect([shown(), list.problem.value]).toEqual(['a b c', null]);
});

test('access that ends is said', async () => {
  server.failing = { status: 404 };
  await list.refresh();
  expect(list.problem.value?.status).toBe(404);
});

test('a saved task is shown as the server has it', async () => {
  await list.save('c', { title: 'Another title' }, 1);
  expect([find('c').title, find('c').version]).toEqual(['Another title', 2]);
});
