import { expect, test } from 'vitest';
import { moved, movedBehind, neighbourAt, placeAt } from './order.ts';

const things = ['a', 'b', 'c', 'd'].map((id) => ({ id }));
const ids = (of: readonly { id: string }[]) => of.map(({ id }) => id).join('');

test.each([
  ['a', 0, 'abcd'],
  ['a', 1, 'bacd'],
  ['a', 3, 'bcda'],
  ['d', 0, 'dabc'],
  ['b', 99, 'acdb'],
  ['b', -1, 'bacd'],
  ['x', 1, 'abcd'],
])('%s to place %i', (id, to, order) => {
  expect(ids(moved(things, id, to))).toBe(order);
});

test('behind whom it goes is what brings it to its place', () => {
  for (const { id } of things) {
    for (let place = 0; place < things.length; place += 1) {
      const after = neighbourAt(things, id, place);
      expect(ids(movedBehind(things, id, after))).toBe(ids(moved(things, id, place)));
    }
  }
});

test('behind what is no longer there it stays where it is', () => {
  expect(ids(movedBehind(things, 'b', 'gone'))).toBe('abcd');
});

test('what is dragged takes the place of those whose middle it has passed', () => {
  const middles = [20, 60, 100];
  expect([-5, 21, 99, 500].map((at) => placeAt(middles, at))).toEqual([0, 1, 2, 3]);
});
