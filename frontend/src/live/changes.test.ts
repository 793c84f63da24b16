import { beforeEach, expect, test } from 'vitest';
import type { SocketHandlers } from '../chat/types.ts';
import { FakeClock, settled } from '../inbox/testing/world.ts';
import { Problem } from '../shared/http.ts';
import { burstMs, type ChangedKind, type ChangeFrame, Changes, lingerMs } from './changes.ts';

/** A project on a server that behaves, unless a test says otherwise. */
class FakeProject {
  sockets: { handlers: SocketHandlers<ChangeFrame>; closed: boolean }[] = [];
  asked = 0;
  status = 200;
  refusing = false;

  readonly open = (handlers: SocketHandlers<ChangeFrame>) => {
    const socket = { handlers, closed: false };
    this.sockets.push(socket);
    queueMicrotask(() => {
      if (socket.closed) return;
      if (this.refusing) handlers.end();
      else handlers.frame({ event: 'ready' });
    });
    return {
      typing() {},
      close() {
        socket.closed = true;
      },
    };
  };

  readonly ask = async () => {
    this.asked += 1;
    if (this.status !== 200) throw new Problem(this.status);
  };

  get openSockets(): number {
    return this.sockets.filter(({ closed }) => !closed).length;
  }

  tell(frame: ChangeFrame): void {
    for (const { handlers, closed } of this.sockets) if (!closed) handlers.frame(frame);
  }

  changed(kind: ChangedKind): void {
    this.tell({ event: 'changed', project_id: 'p', kind, id: 'x' });
  }

  breakOff(): void {
    for (const { handlers, closed } of this.sockets) if (!closed) handlers.end();
  }
}

let project: FakeProject;
let clock: FakeClock;
let changes: Changes;
let attended = 0;

beforeEach(() => {
  project = new FakeProject();
  clock = new FakeClock();
  attended = 0;
  const attend = () => {
    attended += 1;
    return () => {
      attended -= 1;
    };
  };
  changes = new Changes({ open: project.open, ask: project.ask, attend, clock });
});

const tasks = () => changes.version(['task']);

async function opened(): Promise<() => void> {
  const leave = changes.follow();
  await settled();
  await clock.pass(burstMs);
  return leave;
}

test('all who follow share one socket, and the last one closes it', async () => {
  const leave = await opened();
  const leaveToo = changes.follow();
  await settled();
  expect([project.openSockets, attended]).toEqual([1, 1]);
  leave();
  leave();
  await clock.pass(lingerMs);
  expect(project.openSockets).toBe(1);
  leaveToo();
  await clock.pass(lingerMs);
  expect([project.openSockets, attended]).toEqual([0, 0]);
});

test('from one page of the project to the next the socket stays', async () => {
  const leave = await opened();
  leave();
  changes.follow();
  await clock.pass(lingerMs);
  expect(project.sockets.length).toBe(1);
  expect(project.openSockets).toBe(1);
});

test('a change counts for its kind alone', async () => {
  await opened();
  const [before, files] = [tasks(), changes.version(['file', 'issue'])];
  project.changed('task');
  await clock.pass(burstMs);
  expect(tasks()).toBe(before + 1);
  expect(changes.version(['file', 'issue'])).toBe(files);
  expect(changes.version(['file', 'task'])).toBeGreaterThan(files);
});

test('a burst is told once', async () => {
  await opened();
  const before = tasks();
  for (let count = 0; count < 40; count += 1) project.changed('task');
  expect(tasks()).toBe(before);
  await clock.pass(burstMs);
  expect(tasks()).toBe(before + 1);
});

test.each(['ready', 'reset'] as const)('after %s something may have been missed', async (event) => {
  await opened();
  const before = tasks();
  project.tell({ event });
  await clock.pass(burstMs);
  expect(tasks()).toBe(before + 1);
});

test('a socket that broke off comes back, and what was missed is read', async () => {
  await opened();
  const before = tasks();
  project.breakOff();
  await clock.pass(3_000);
  expect(project.openSockets).toBe(1);
  expect(tasks()).toBe(before + 1);
});

test('while nothing answers no socket is tried', async () => {
  await opened();
  project.status = 0;
  project.breakOff();
  const tried = project.sockets.length;
  await clock.pass(60_000);
  expect(project.sockets.length).toBe(tried);
  project.status = 200;
  await clock.pass(31_000);
  expect(project.openSockets).toBe(1);
});

test('who gets another part begins anew', async () => {
  await opened();
  project.tell({ event: 'bye', reason: 'access_changed' });
  await clock.pass(3_000);
  expect(project.openSockets).toBe(1);
});

test('what is out of reach is not knocked at', async () => {
  project.status = 404;
  changes.follow();
  await settled();
  await clock.pass(60_000);
  expect(project.sockets.length).toBe(0);
  expect(changes.link.ending.value).toBe('access_gone');
});

test('access that ends lets the page read anew, once', async () => {
  await opened();
  const before = tasks();
  project.tell({ event: 'bye', reason: 'access_gone' });
  await clock.pass(60_000);
  expect(tasks()).toBe(before + 1);
  expect(project.openSockets).toBe(0);
});

test('access that is back is followed again by the next page', async () => {
  const leave = await opened();
  project.tell({ event: 'bye', reason: 'access_gone' });
  leave();
  await opened();
  expect(project.openSockets).toBe(1);
});

test('without a socket it is asked now and then', async () => {
  await opened();
  const before = tasks();
  project.refusing = true;
  project.breakOff();
  await clock.pass(60_000);
  expect(tasks() - before).toBeGreaterThanOrEqual(3);
  expect(tasks() - before).toBeLessThanOrEqual(5);
});

test('a page that is back in front reads anew', async () => {
  await opened();
  const before = tasks();
  changes.wake();
  await clock.pass(burstMs);
  expect(tasks()).toBe(before + 1);
});

test('a page left before the answer came opens nothing', async () => {
  changes.follow()();
  changes.close();
  await clock.pass(lingerMs);
  expect(project.sockets.length).toBe(0);
});

test('a kind that is not known yet is nothing to this page', async () => {
  await opened();
  const before = changes.version(['file', 'issue', 'task', 'approval']);
  project.changed('milestone' as ChangedKind);
  await clock.pass(burstMs);
  expect(changes.version(['file', 'issue', 'task', 'approval'])).toBe(before);
});
