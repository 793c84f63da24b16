import { describe, expect, test } from 'vitest';
import type { Unsent } from './outbox.ts';
import { daysOf } from './rows.ts';
import type { Message } from './types.ts';

const me = { id: 'me', display_name: 'Me' };
const now = new Date(2026, 10, 20, 12, 0);

function message(number: number, author: string, at: Date): Message {
  return {
    id: `m${number}`,
    room_id: 'room',
    project_id: 'project',
    number,
    author: { id: author, display_name: author },
    body: `Message ${number}`,
    files: [],
    created_at: at.toISOString(),
  };
}

function laidOut(messages: Message[], newFrom: number | null = null, unsent: Unsent[] = []) {
  return daysOf({ messages, unsent, me, newFrom, now });
}

const at = (hours: number, minutes: number) => new Date(2026, 10, 20, hours, minutes);

test('days stand apart and have names', () => {
  const days = laidOut([
    message(1, 'a', new Date(2026, 10, 3, 9, 0)),
    message(2, 'a', new Date(2026, 10, 19, 23, 59)),
    message(3, 'a', new Date(2026, 10, 20, 0, 1)),
  ]);
  expect(days.map(({ name }) => name)).toEqual(['Tuesday, November 3', 'Yesterday', 'Today']);
  expect(days[2]?.lines[0]?.continues).toBe(false);
});

test('messages of one author within five minutes stand together', () => {
  const [day] = laidOut([
    message(1, 'a', at(9, 0)),
    message(2, 'a', at(9, 4)),
    message(3, 'b', at(9, 4)),
    message(4, 'a', at(9, 5)),
    message(5, 'a', at(9, 10)),
  ]);
  expect(day?.lines.map(({ continues }) => continues)).toEqual([false, true, false, false, false]);
});

describe('the line above what is new', () => {
  test('stands above the first new message of another', () => {
    const [day] = laidOut(
      [
        message(1, 'a', at(9, 0)),
        message(2, 'me', at(9, 1)),
        message(3, 'a', at(9, 1)),
        message(4, 'a', at(9, 2)),
      ],
      2,
    );
    expect(day?.lines.map(({ startsNew }) => startsNew)).toEqual([false, false, true, false]);
  });

  test('is not shown while the first new message is further back than what is loaded', () => {
    const [day] = laidOut([message(8, 'a', at(9, 0)), message(9, 'a', at(9, 1))], 5);
    expect(day?.lines.some(({ startsNew }) => startsNew)).toBe(false);
  });
});

test('what is unsent stands at the end, and once when its message is there already', () => {
  const entry = (id: string): Unsent => ({
    id,
    body: 'Hello',
    written_at: at(9, 2).toISOString(),
    state: 'waiting',
    reason: null,
    passing: false,
  });
  const [day] = laidOut([message(1, 'me', at(9, 0))], null, [entry('m1'), entry('x')]);
  expect(day?.lines.map(({ id, number, isOwn }) => [id, number, isOwn])).toEqual([
    ['m1', 1, true],
    ['x', null, true],
  ]);
});
