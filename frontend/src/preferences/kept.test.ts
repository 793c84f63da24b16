import { beforeEach, expect, test } from 'vitest';
import { settled } from '../inbox/testing/world.ts';
import { Problem } from '../shared/http.ts';
import { remainderOfKeys } from './changes.ts';
import { Kept } from './kept.ts';

interface Value {
  email: boolean;
  push: boolean;
}

/** A server that answers when the test says so. */
class FakeServer {
  value: Value = { email: false, push: false };
  sent: Partial<Value>[] = [];
  waiting: ((problem?: Problem) => void)[] = [];
  failing: Problem | null = null;

  load = async () => {
    if (this.failing) throw this.failing;
    return { ...this.value };
  };

  send = (change: Partial<Value>) => {
    this.sent.push(change);
    return new Promise<Value | undefined>((resolve, reject) => {
      this.waiting.push((problem) => {
        if (problem) return reject(problem);
        this.value = { ...this.value, ...change };
        resolve({ ...this.value });
      });
    });
  };

  async answer(problem?: Problem): Promise<void> {
    this.waiting.shift()?.(problem);
    await settled();
  }
}

let server: FakeServer;
let kept: Kept<Value, Partial<Value>>;
let ends: number;

beforeEach(async () => {
  server = new FakeServer();
  ends = 0;
  kept = new Kept({
    load: () => server.load(),
    send: server.send,
    apply: (value, change) => ({ ...value, ...change }),
    remainder: remainderOfKeys,
    signedOut: () => {
      ends += 1;
    },
  });
  await kept.load();
});

const failed = () => kept.failures.value.map(({ change }) => change);

test('a change is shown at once, and saved', async () => {
  const saved = kept.change({ email: true });
  expect(kept.shown.value).toEqual({ email: true, push: false });
  await server.answer();
  expect(await saved).toBe(true);
  expect(kept.shown.value).toEqual({ email: true, push: false });
  expect(kept.failures.value).toEqual([]);
});

test('what could not be saved is put back, said, and tried again when asked', async () => {
  const saved = kept.change({ email: true });
  await server.answer(new Problem(0));
  expect(await saved).toBe(false);
  expect(kept.shown.value).toEqual({ email: false, push: false });
  expect(failed()).toEqual([{ email: true }]);
  kept.retry(kept.failures.value);
  expect(kept.failures.value).toEqual([]);
  expect(kept.shown.value?.email).toBe(true);
  await server.answer();
  expect(server.value.email).toBe(true);
  expect(kept.shown.value?.email).toBe(true);
});

test('changes go out one after another, and an early answer takes nothing back', async () => {
  void kept.change({ email: true });
  void kept.change({ push: true });
  expect(server.sent).toEqual([{ email: true }]);
  await server.answer();
  expect(kept.shown.value).toEqual({ email: true, push: true });
  expect(server.sent).toEqual([{ email: true }, { push: true }]);
  await server.answer();
  expect(kept.shown.value).toEqual({ email: true, push: true });
});

test('one that fails leaves those after it alone', async () => {
  void kept.change({ email: true });
  void kept.change({ push: true });
  await server.answer(new Problem(500));
  expect(kept.shown.value).toEqual({ email: false, push: true });
  await server.answer();
  expect(server.value).toEqual({ email: false, push: true });
  expect(failed()).toEqual([{ email: true }]);
});

test('several that fail are all remembered, and all tried again', async () => {
  void kept.change({ email: true });
  void kept.change({ push: true });
  await server.answer(new Problem(0));
  await server.answer(new Problem(0));
  expect(failed()).toEqual([{ email: true }, { push: true }]);
  kept.retry(kept.failures.value);
  expect(kept.failures.value).toEqual([]);
  expect(kept.shown.value).toEqual({ email: true, push: true });
  await server.answer();
  await server.answer();
  expect(server.value).toEqual({ email: true, push: true });
});

test('a new change makes up for what it covers of one that failed, and for no more', async () => {
  void kept.change({ email: true, push: true });
  await server.answer(new Problem(0));
  void kept.change({ push: false });
  expect(failed()).toEqual([{ email: true }]);
  await server.answer();
  expect(failed()).toEqual([{ email: true }]);
  void kept.change({ email: false });
  expect(failed()).toEqual([]);
  await server.answer();
});

test('one that fails is not said where another is on its way in its place', async () => {
  void kept.change({ email: true });
  void kept.change({ email: false });
  await server.answer(new Problem(500));
  expect(failed()).toEqual([]);
  await server.answer();
  expect(failed()).toEqual([]);
});

test('what the person did not ask for fails without a word', async () => {
  const saved = kept.change({ email: true }, false);
  await server.answer(new Problem(0));
  expect(await saved).toBe(false);
  expect(failed()).toEqual([]);
  expect(kept.shown.value?.email).toBe(false);
});

test('of changes to the same that wait, only the last is sent', async () => {
  const settledAs = [
    kept.change({ email: true }),
    kept.change({ email: false }),
    kept.change({ email: true }),
  ];
  await server.answer();
  await server.answer();
  expect(server.sent).toEqual([{ email: true }, { email: true }]);
  expect(await Promise.all(settledAs)).toEqual([true, true, true]);
});

test('what was read before a change does not undo it', async () => {
  let answer = (_: Value) => {};
  server.load = () =>
    new Promise((resolve) => {
      answer = resolve;
    });
  const loading = kept.load();
  void kept.change({ email: true });
  await server.answer();
  answer({ email: false, push: false });
  await loading;
  expect(kept.shown.value?.email).toBe(true);
});

test('a passing failure to read leaves what is known', async () => {
  server.failing = new Problem(0);
  await kept.load();
  expect(kept.problem.value).toBeNull();
  expect(kept.shown.value).toEqual({ email: false, push: false });
});

test('whoever was signed out is told nothing of it here', async () => {
  const saved = kept.change({ email: true });
  await server.answer(new Problem(401));
  expect(await saved).toBe(false);
  expect(ends).toBe(1);
  expect(kept.failures.value).toEqual([]);
});

test('what was changed before anything was known does not keep the first answer away', async () => {
  const fresh = new Kept<Value, Partial<Value>>({
    load: () => server.load(),
    send: server.send,
    apply: (value, change) => ({ ...value, ...change }),
    remainder: remainderOfKeys,
    signedOut: () => {},
  });
  const loading = fresh.load();
  void fresh.change({ push: true });
  await loading;
  expect(fresh.shown.value).toEqual({ email: false, push: true });
});
