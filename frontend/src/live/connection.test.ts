import { beforeEach, expect, test } from 'vitest';
import { FakeClock } from '../inbox/testing/world.ts';
import { againMs, Connection, patienceMs } from './connection.ts';

let clock: FakeClock;
let connection: Connection;
let tried = 0;

beforeEach(() => {
  clock = new FakeClock();
  connection = new Connection(clock);
  tried = 0;
});

const attempt = () => {
  tried += 1;
};

test('a short gap is not worth a word', async () => {
  connection.lost('link');
  await clock.pass(patienceMs - 1);
  connection.found('link');
  await clock.pass(patienceMs);
  expect(connection.isDown.value).toBe(false);
});

test('a gap is told until all that lost it have it again', async () => {
  connection.lost('browser');
  connection.lost('link');
  await clock.pass(patienceMs);
  expect(connection.isDown.value).toBe(true);
  connection.found('browser');
  expect(connection.isDown.value).toBe(true);
  connection.found('link');
  expect(connection.isDown.value).toBe(false);
});

test('what failed is tried when it is back, and once more when that was too early', async () => {
  connection.retry(attempt);
  connection.lost('browser');
  connection.found('browser');
  expect(tried).toBe(1);
  await clock.pass(againMs);
  expect(tried).toBe(2);
});

test('what succeeded meanwhile is not tried again', async () => {
  const end = connection.retry(attempt);
  connection.lost('link');
  connection.found('link');
  end();
  await clock.pass(againMs);
  expect(tried).toBe(1);
});

test('a page that is left takes its link along without a word of a return', async () => {
  connection.retry(attempt);
  connection.lost('link');
  await clock.pass(patienceMs);
  connection.forget('link');
  await clock.pass(againMs);
  expect([connection.isDown.value, tried]).toEqual([false, 0]);
});
