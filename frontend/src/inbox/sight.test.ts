import { beforeEach, expect, test } from 'vitest';
import { Sight, sightEveryMs } from './sight.ts';
import { FakeClock, Tabs } from './testing/world.ts';

let clock: FakeClock;
let tabs: Tabs;
let told: boolean[];
let sight: Sight;

beforeEach(() => {
  clock = new FakeClock();
  tabs = new Tabs();
  told = [];
  sight = newSight();
});

function newSight(): Sight {
  return new Sight((isSeen) => told.push(isSeen), tabs.channel(), clock);
}

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
  const next = newSight();
  sight.look(true);
  await clock.pass(2_000);
  next.look(true);
  sight.look(false);
  await clock.pass(2_000);
  expect(told).toEqual([true, false, true]);
});

test('of two windows in view the one that stays says so when the other one goes', async () => {
  const other = newSight();
  newSight();
  sight.look(true);
  other.look(true);
  await clock.pass(2_000);
  other.look(false);
  await clock.pass(2_000);
  expect(told).toEqual([true, true, false, true]);
});
