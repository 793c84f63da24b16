import { beforeEach, expect, test } from 'vitest';
import { Sight, sightEveryMs } from './sight.ts';
import { FakeClock } from './testing/world.ts';

let clock: FakeClock;
let told: boolean[];
let sight: Sight;

beforeEach(() => {
  clock = new FakeClock();
  told = [];
  sight = new Sight((isSeen) => told.push(isSeen), clock);
});

test('as long as the page is before somebody, the server is told again and again', async () => {
  sight.look(true);
  await clock.pass(2_000);
  expect(told).toEqual([true]);
  await clock.pass(2 * sightEveryMs);
  expect(told).toEqual([true, true, true]);
});

test('it is told once that the page is out of view, and no more', async () => {
  sight.look(true);
  await clock.pass(2_000);
  sight.look(false);
  sight.look(false);
  await clock.pass(3 * sightEveryMs);
  expect(told).toEqual([true, false]);
});

test('a page that nobody rested on says nothing', async () => {
  sight.look(true);
  sight.look(false);
  await clock.pass(sightEveryMs);
  expect(told).toEqual([]);
});

test('a tab that is left is hidden before the next one says that it is seen', async () => {
  const next = new Sight((isSeen) => told.push(isSeen), clock);
  sight.look(true);
  await clock.pass(2_000);
  next.look(true);
  sight.look(false);
  await clock.pass(2_000);
  expect(told).toEqual([true, false, true]);
});
