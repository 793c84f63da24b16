import { beforeEach, expect, test } from 'vitest';
import { settled } from '../inbox/testing/world.ts';
import { FakeRoom, Person } from './testing/world.ts';

let server: FakeRoom;
let person: Person;

beforeEach(() => {
  server = new FakeRoom();
  person = new Person(server);
});

const mode = () => person.store.link.mode.value;

test('a room has one socket, and none when it is left', async () => {
  await person.enter();
  expect(mode()).toBe('live');
  expect(server.openSockets).toBe(1);
  person.store.leave();
  expect(server.openSockets).toBe(0);
});

test('retries come at growing intervals', async () => {
  await person.enter();
  server.refusing = true;
  server.breakOff();
  await person.clock.pass(60_000);
  const inOneMinute = server.sockets.length;
  await person.clock.pass(60_000);
  expect(inOneMinute).toBeLessThan(10);
  expect(server.sockets.length - inOneMinute).toBeLessThanOrEqual(4);
});

test('a network that is back is used at once', async () => {
  await person.enter();
  server.refusing = true;
  server.breakOff();
  await person.clock.pass(60_000);
  server.refusing = false;
  person.store.link.restart();
  await settled();
  expect(mode()).toBe('live');
});

test('a page that comes back to the front does not wait for the next retry', async () => {
  await person.enter();
  server.refusing = true;
  server.breakOff();
  await person.clock.pass(60_000);
  server.refusing = false;
  person.store.wake();
  await settled();
  expect(mode()).toBe('live');
});

test('without a network it says so, and says when it is back', async () => {
  await person.enter();
  person.store.link.offline();
  expect(mode()).toBe('offline');
  person.store.link.restart();
  await settled();
  expect(mode()).toBe('live');
});

test('a handshake that is refused is explained by the API', async () => {
  await person.enter();
  server.refusing = true;
  server.breakOff();
  server.failing = { status: 401 };
  await person.clock.pass(3_000);
  expect(person.store.link.ending.value).toBe('signed_out');
  expect(mode()).toBe('ended');
});

test('when nothing answers it is offline, when only the API does it polls', async () => {
  await person.enter();
  server.refusing = true;
  server.breakOff();
  server.failing = { status: 0 };
  await person.clock.pass(3_000);
  expect(mode()).toBe('offline');
  server.failing = null;
  await person.clock.pass(30_000);
  expect(mode()).toBe('polling');
});

test('a server that answers again is connected to at once', async () => {
  await person.enter();
  server.refusing = true;
  server.breakOff();
  server.failing = { status: 0 };
  await person.clock.pass(61_000);
  expect(mode()).toBe('offline');
  server.failing = null;
  server.refusing = false;
  await person.clock.pass(15_000);
  expect(mode()).toBe('live');
});

test('a socket that never says ready is given up', async () => {
  await person.enter();
  server.silent = true;
  server.breakOff();
  await person.clock.pass(2_000);
  expect(mode()).toBe('connecting');
  server.silent = false;
  await person.clock.pass(25_000);
  expect(mode()).toBe('live');
});
