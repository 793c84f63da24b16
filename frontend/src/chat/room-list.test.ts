import { beforeEach, expect, test } from 'vitest';
import { fileOf } from '../files/testing/world.ts';
import { settled } from '../inbox/testing/world.ts';
import { Problem } from '../shared/http.ts';
import { RoomList } from './room-list.ts';
import type { Message, Room } from './types.ts';

let rooms: Room[];
let fails: boolean;
let list: RoomList;

beforeEach(() => {
  rooms = [room('a', 3), room('b', 2), room('c', 1)];
  fails = false;
  list = new RoomList((cursor) => {
    if (fails) return Promise.reject(new Problem(0));
    const from = Number(cursor);
    const sorted = [...rooms].sort((a, b) => (a.active_at < b.active_at ? 1 : -1));
    return Promise.resolve({
      items: sorted.slice(from, from + 2),
      next_cursor: from + 2 < rooms.length ? `${from + 2}` : null,
    });
  });
});

function room(id: string, minute: number): Room {
  return {
    id,
    project_id: 'project',
    project_name: 'Harbour House',
    client: { id: `client of ${id}`, display_name: id },
    is_open: true,
    unread_count: 0,
    last_number: 1,
    active_at: time(minute),
    last_message: null,
  };
}

function time(minute: number): string {
  return new Date(Date.UTC(2026, 10, 20, 12, minute)).toISOString();
}

const message: Message = {
  id: 'm',
  room_id: 'b',
  project_id: 'project',
  number: 2,
  author: { id: 'other', display_name: 'Other' },
  body: 'Hello',
  files: [fileOf('plan')],
  created_at: time(9),
};

const shown = () => list.rooms.value?.map(({ id }) => id);

test('shows the latest activity first, and more on demand', async () => {
  await list.refresh();
  expect(shown()).toEqual(['a', 'b']);
  await list.loadMore();
  expect(shown()).toEqual(['a', 'b', 'c']);
  expect(list.next.value).toBeNull();
});

test('a message moves its room to the top, and an older answer does not move it back', async () => {
  await list.refresh();
  list.hear(message);
  expect(shown()).toEqual(['b', 'a']);
  expect(list.rooms.value?.[0]?.last_message).toMatchObject({ body: 'Hello', file_count: 1 });
  await list.refresh();
  expect(shown()).toEqual(['b', 'a']);
});

test('reading anew keeps as many as were shown', async () => {
  await list.refresh();
  await list.loadMore();
  rooms.push(room('d', 9));
  await list.refresh();
  expect(shown()?.slice(0, 2)).toEqual(['d', 'a']);
  expect(shown()?.length).toBe(4);
});

test('a failure leaves what is there, and says so when there is nothing', async () => {
  fails = true;
  await list.refresh();
  expect(list.rooms.value).toBeNull();
  expect(list.problem.value?.status).toBe(0);
  fails = false;
  await list.refresh();
  fails = true;
  await list.refresh();
  expect(shown()).toEqual(['a', 'b']);
});

test('asked again while it reads, it reads once more after that', async () => {
  void list.refresh();
  rooms.push(room('d', 9));
  void list.refresh();
  await settled();
  expect(shown()?.[0]).toBe('d');
});
