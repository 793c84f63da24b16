import { beforeEach, describe, expect, test } from 'vitest';
import { fileOf } from '../files/testing/world.ts';
import { settled } from '../inbox/testing/world.ts';
import { checkEveryMs, overdueMs } from './room.ts';
import { FakeRoom, me, other, Person, range } from './testing/world.ts';

let server: FakeRoom;
let person: Person;

beforeEach(() => {
  server = new FakeRoom();
  person = new Person(server);
});

function allRead(): void {
  server.reads[me] = server.rows.length;
}

describe('opening a room', () => {
  test('shows the newest messages', async () => {
    server.write(120);
    allRead();
    await person.enter();
    expect(person.numbers).toEqual(range(71, 120));
    expect(person.store.log.hasOlder.value).toBe(true);
    expect(person.store.newFrom.value).toBeNull();
  });

  test('knows where the new ones begin, also after they are read', async () => {
    server.write(10);
    server.reads[me] = 7;
    const store = await person.enter();
    store.seen();
    await settled();
    expect(store.newFrom.value).toBe(8);
    expect(store.unread.value).toBe(0);
  });

  test('begins at the first unread one when it is far back', async () => {
    server.write(200);
    server.reads[me] = 100;
    const store = await person.enter();
    expect(store.log.holds(101)).toBe(true);
    expect(store.log.follows.value).toBe(false);
    expect(store.newFrom.value).toBe(101);
  });

  test('shows what was asked for last, whichever answer comes first', async () => {
    server.write(400);
    allRead();
    for (const order of ['asked', 'reversed'] as const) {
      person.reload();
      const store = await person.enter(300);
      server.hold();
      void store.showNewest();
      void store.showAround(40);
      await server.release(order);
      expect(store.log.holds(40)).toBe(true);
      expect(store.log.follows.value).toBe(false);
      expect(store.arrived.value).toEqual([]);
    }
  });

  test('an older answer does not undo what a newer one said of the room', async () => {
    const store = await person.enter();
    const room = await server.room();
    const answers: ((isOpen: boolean) => void)[] = [];
    server.room = () => new Promise((resolve) => answers.push((is_open) => resolve({ ...room, is_open })));
    const readings = [store.refresh(), store.refresh()];
    answers[1]?.(false);
    answers[0]?.(true);
    await Promise.all(readings);
    expect(store.room.value?.is_open).toBe(false);
  });

  test('an empty room fills from its first frame', async () => {
    await person.enter();
    server.write(1);
    expect(person.numbers).toEqual([1]);
  });

  test('fills what came between its answer and its socket', async () => {
    server.write(3);
    server.hold();
    await person.enter();
    server.losingFrames = true;
    await server.release();
    server.write(2);
    server.losingFrames = false;
    server.breakOff();
    await person.clock.pass(2_000);
    expect(person.numbers).toEqual(range(1, 5));
  });

  test('that is out of reach says so and stops', async () => {
    server.failing = { status: 404 };
    server.refusing = true;
    const store = await person.enter();
    expect(store.link.ending.value).toBe('access_gone');
    const calls = server.calls.length;
    await person.clock.pass(120_000);
    expect(server.calls.length).toBe(calls);
    expect(server.openSockets).toBe(0);
  });

  test('that cannot be read now is read when the server is back', async () => {
    server.write(2);
    server.failing = { status: 0 };
    server.refusing = true;
    const store = await person.enter();
    expect(store.problem.value?.status).toBe(0);
    server.failing = null;
    server.refusing = false;
    await person.clock.pass(16_000);
    expect(store.problem.value).toBeNull();
    expect(person.numbers).toEqual([1, 2]);
  });

  test('keeps what is in hand for the way back, and reads what came meanwhile', async () => {
    server.write(60);
    allRead();
    const store = await person.enter();
    await store.log.loadOlder();
    store.leave();
    server.write(3);
    await person.enter();
    expect(person.numbers).toEqual(range(1, 63));
    expect(store.newFrom.value).toBe(61);
  });
});

describe('what comes in', () => {
  test('is shown once, whatever the number of ways it comes', async () => {
    const store = await person.enter();
    const [message] = server.write(1);
    if (message) server.tell({ event: 'message', message });
    store.log.heardOf(1);
    await store.log.catchUp();
    expect(person.numbers).toEqual([1]);
  });

  test('a frame that leaves a gap has it filled, in order', async () => {
    const store = await person.enter();
    server.losingFrames = true;
    server.write(4);
    server.losingFrames = false;
    server.write(1);
    await settled();
    expect(person.numbers).toEqual(range(1, 5));
    expect(store.log.isBehind).toBe(false);
  });

  test('frames that come while a gap is being filled are neither lost nor doubled', async () => {
    await person.enter();
    server.losingFrames = true;
    server.write(2);
    server.losingFrames = false;
    server.hold();
    server.write(1);
    server.write(3);
    await server.release();
    expect(person.numbers).toEqual(range(1, 6));
  });

  test('a gap that could not be filled is tried again', async () => {
    await person.enter();
    server.losingFrames = true;
    server.write(2);
    server.losingFrames = false;
    server.failing = { status: 500, only: 'after' };
    server.write(1);
    await settled();
    expect(person.numbers).toEqual([]);
    server.failing = null;
    await person.clock.pass(3_000);
    expect(person.numbers).toEqual([1, 2, 3]);
  });

  test('nothing is missing after the connection was lost', async () => {
    server.write(1);
    await person.enter();
    server.refusing = true;
    server.breakOff();
    server.write(150);
    server.refusing = false;
    await person.clock.pass(2_000);
    expect(person.numbers).toEqual(range(1, 151));
    expect(server.openSockets).toBe(1);
  });

  test('far more than one reads is left for scrolling', async () => {
    server.write(1);
    allRead();
    const store = await person.enter();
    server.breakOff();
    server.write(1000);
    await person.clock.pass(2_000);
    expect(store.log.follows.value).toBe(false);
    expect(store.unread.value).toBe(1000);
    await store.log.loadNewer();
    expect(person.numbers).toEqual(range(1, 51));
    await store.showNewest();
    expect(person.numbers).toEqual(range(952, 1001));
  });

  test('is polled while the socket is down', async () => {
    await person.enter();
    server.refusing = true;
    server.breakOff();
    await person.clock.pass(3_000);
    expect(person.store.link.mode.value).toBe('polling');
    server.write(2);
    expect(person.numbers).toEqual([]);
    await person.clock.pass(15_000);
    expect(person.numbers).toEqual([1, 2]);
  });

  test('after a reset everything is read anew', async () => {
    const store = await person.enter();
    server.losingFrames = true;
    server.write(1);
    server.isOpen = false;
    server.losingFrames = false;
    server.tell({ event: 'reset' });
    await settled();
    expect(person.numbers).toEqual([1]);
    expect(store.room.value?.is_open).toBe(false);
  });

  test('a socket that is dead without a word is found out', async () => {
    await person.enter();
    server.losingFrames = true;
    server.write(1);
    await person.clock.pass(checkEveryMs);
    server.losingFrames = false;
    await person.clock.pass(overdueMs);
    expect(person.numbers).toEqual([1]);
    expect(server.sockets.length).toBe(2);
  });

  test('is told of as news, but not what was there before', async () => {
    server.write(2);
    const store = await person.enter();
    expect(store.arrived.value).toEqual([]);
    server.write(1);
    expect(store.arrived.value.map(({ number }) => number)).toEqual([3]);
    server.write(1, me);
    await store.log.loadOlder();
    expect(store.arrived.value.map(({ number }) => number)).toEqual([3]);
  });
});

describe('one message deep in the past', () => {
  test('is shown with what is around it, and pages both ways', async () => {
    server.write(500);
    allRead();
    const store = await person.enter(100);
    expect(person.numbers).toEqual(range(75, 124));
    expect(store.log.follows.value).toBe(false);
    await store.log.loadOlder();
    await store.log.loadNewer();
    expect(person.numbers).toEqual(range(25, 174));
  });

  test('new messages do not disturb it, and are there at the end of the way back', async () => {
    server.write(130);
    allRead();
    const store = await person.enter(100);
    server.write(2);
    expect(person.numbers.at(-1)).toBe(124);
    await store.log.loadNewer();
    expect(person.numbers.at(-1)).toBe(132);
    server.write(1);
    expect(person.numbers.at(-1)).toBe(133);
  });
});

describe('read marks', () => {
  test('are sent once for what is seen, and never backward', async () => {
    server.write(3);
    const store = await person.enter();
    store.seen();
    store.seen();
    await settled();
    server.tell({ event: 'read', user_id: me, up_to: 1 });
    store.seen();
    await settled();
    expect(server.calls.filter((call) => call.startsWith('read'))).toEqual(['read 3']);
  });

  test('are not sent for the newest message while an old one is shown', async () => {
    server.write(200);
    const store = await person.enter(50);
    store.seen();
    await settled();
    expect(server.calls.filter((call) => call.startsWith('read'))).toEqual([]);
  });

  test('that failed are sent again at the next look', async () => {
    server.write(1);
    const store = await person.enter();
    server.failing = { status: 503, only: 'read' };
    store.seen();
    await settled();
    server.failing = null;
    store.seen();
    await settled();
    expect(store.unread.value).toBe(0);
  });

  test('of another tab clear the count here', async () => {
    server.write(2);
    const store = await person.enter();
    server.tell({ event: 'read', user_id: me, up_to: 2 });
    expect(store.unread.value).toBe(0);
  });

  test('of others say who has seen a message', async () => {
    server.write(2, me);
    const store = await person.enter();
    expect(store.readersOf(2)).toEqual([]);
    server.tell({ event: 'read', user_id: other, up_to: 2 });
    expect(store.readersOf(2)).toEqual([other]);
  });
});

describe('the notifications about the room', () => {
  const told = () => server.calls.filter((call) => call === 'opened').length;

  test('are read as soon as it is opened, also when more is unread than fits before one', async () => {
    server.write(200);
    const store = await person.enter();
    expect(store.log.follows.value).toBe(false);
    expect(told()).toBe(1);
    expect(server.calls.filter((call) => call.startsWith('read'))).toEqual([]);
  });

  test('are read when the page comes back to the front, not while it is behind', async () => {
    person.isLooking = false;
    const store = await person.enter();
    expect(told()).toBe(0);
    person.isLooking = true;
    store.wake();
    expect(told()).toBe(1);
  });

  test('are read after the connection was lost', async () => {
    await person.enter();
    server.breakOff();
    await person.clock.pass(2_000);
    expect(told()).toBe(2);
  });

  test('that cannot be marked as read take nothing from the conversation', async () => {
    server.write(1);
    server.failing = { status: 404, only: 'opened' };
    const store = await person.enter();
    expect(person.numbers).toEqual([1]);
    expect(store.problem.value).toBeNull();
    expect(store.link.mode.value).toBe('live');
  });

  test('are left alone by who left the room', async () => {
    const store = await person.enter();
    store.leave();
    store.wake();
    expect(told()).toBe(1);
  });
});

describe('typing', () => {
  test('is said at most once in three seconds', async () => {
    const store = await person.enter();
    for (let key = 0; key < 10; key += 1) store.typing.pressed();
    expect(server.typed).toBe(1);
    await person.clock.pass(3_000);
    store.typing.pressed();
    expect(server.typed).toBe(2);
  });

  test('what could not be said is said with the next key', async () => {
    server.silent = true;
    const store = await person.enter();
    store.typing.pressed();
    expect(server.typed).toBe(0);
    server.silent = false;
    server.breakOff();
    await person.clock.pass(1_000);
    store.typing.pressed();
    expect(server.typed).toBe(1);
  });

  test('of others is shown for six seconds, or until their message comes', async () => {
    const store = await person.enter();
    const typing = { event: 'typing', user_id: other, display_name: 'Clara' } as const;
    server.tell(typing);
    expect([...store.typing.others.value.values()]).toEqual(['Clara']);
    await person.clock.pass(6_000);
    expect(store.typing.others.value.size).toBe(0);
    server.tell(typing);
    server.write(1);
    expect(store.typing.others.value.size).toBe(0);
  });
});

describe('typing and messages', () => {
  const typing = { event: 'typing', user_id: other, display_name: 'Clara' } as const;

  test('who types on after sending is seen to, without waiting out the three seconds', async () => {
    const store = await person.enter();
    store.typing.pressed();
    store.send('Hello');
    store.typing.pressed();
    await person.clock.pass(1_200);
    store.typing.pressed();
    expect(server.typed).toBe(2);
  });

  test('a word of typing that comes after the message it was about is not believed', async () => {
    const store = await person.enter();
    server.write(1);
    server.tell(typing);
    expect(store.typing.others.value.size).toBe(0);
    await person.clock.pass(1_000);
    server.tell(typing);
    expect(store.typing.others.value.size).toBe(1);
  });

  test('whose message is read later than it came is not typing any more', async () => {
    const store = await person.enter();
    server.tell(typing);
    server.losingFrames = true;
    server.write(1);
    server.losingFrames = false;
    server.tell({ event: 'reset' });
    await settled();
    expect(person.numbers).toEqual([1]);
    expect(store.typing.others.value.size).toBe(0);
  });
});

describe('what one sends', () => {
  test('becomes the message that the server numbered, once', async () => {
    const store = await person.enter();
    server.hold();
    store.send('Hello');
    expect(store.outbox.entries.value.map(({ state }) => state)).toEqual(['sending']);
    await server.release();
    expect(store.outbox.entries.value).toEqual([]);
    expect(store.log.messages.value.map(({ id, body }) => [id, body])).toEqual([['own1', 'Hello']]);
  });

  test('whose answer was lost is not written twice', async () => {
    const store = await person.enter();
    server.losingAnswers = true;
    server.losingFrames = true;
    store.send('Hello');
    await settled();
    expect(store.outbox.entries.value.map(({ state }) => state)).toEqual(['failed']);
    server.losingAnswers = false;
    store.outbox.retry('own1');
    await settled();
    expect(server.rows.length).toBe(1);
    expect(store.outbox.entries.value).toEqual([]);
    expect(person.numbers).toEqual([1]);
  });

  test('whose answer was lost may have been sent, and one that never went out was not', async () => {
    const store = await person.enter();
    const may = () => store.outbox.entries.value.map(({ unanswered }) => Boolean(unanswered));
    server.failing = { status: 500, only: 'post' };
    store.send('Refused');
    await settled();
    expect(may()).toEqual([false]);
    store.outbox.discard('own1');
    server.failing = null;
    server.losingAnswers = true;
    server.losingFrames = true;
    store.send('Lost');
    await settled();
    expect(may()).toEqual([true]);
    store.outbox.discard('own2');
    store.link.offline();
    server.failing = { status: 0, only: 'post' };
    store.send('Never out');
    await settled();
    expect(may()).toEqual([false]);
  });

  test('without a connection waits, and goes out in order when it is back', async () => {
    const store = await person.enter();
    server.refusing = true;
    server.failing = { status: 0 };
    server.breakOff();
    store.send('One');
    await settled();
    store.send('Two');
    await settled();
    expect(store.outbox.entries.value.map(({ state }) => state)).toEqual(['waiting', 'waiting']);
    server.refusing = false;
    server.failing = null;
    store.link.restart();
    await settled();
    expect(server.rows.map(({ body }) => body)).toEqual(['One', 'Two']);
    expect(store.outbox.entries.value).toEqual([]);
  });

  test('survives a reload', async () => {
    const store = await person.enter();
    server.failing = { status: 0, only: 'post' };
    store.send('Hello');
    await settled();
    person.reload();
    server.failing = null;
    await person.enter();
    await settled();
    expect(server.rows.map(({ id, body }) => [id, body])).toEqual([['own1', 'Hello']]);
    expect(person.store.outbox.entries.value).toEqual([]);
    expect(person.unsent.read()).toBeNull();
  });

  test('keeps its files, whatever becomes of it', async () => {
    const store = await person.enter();
    server.failing = { status: 0, only: 'post' };
    store.send('', [fileOf('plan'), fileOf('photo')]);
    await settled();
    expect(store.outbox.entries.value).toMatchObject([{ state: 'failed', body: '' }]);
    person.reload();
    expect(person.store.outbox.entries.value[0]?.files?.map(({ id }) => id)).toEqual(['plan', 'photo']);
    server.failing = null;
    await person.enter();
    await settled();
    expect(server.rows[0]?.files.map(({ id }) => id)).toEqual(['plan', 'photo']);
  });

  test('and discards takes its files back', async () => {
    const store = await person.enter();
    server.failing = { status: 422, only: 'post' };
    store.send('Hello', [fileOf('plan')]);
    await settled();
    server.failing = null;
    store.outbox.discard('own1');
    expect(server.calls).toContain('discard plan');
  });

  test('into a room closed meanwhile fails with its reason, and the room says that it is closed', async () => {
    const store = await person.enter();
    server.isOpen = false;
    store.send('Hello');
    await settled();
    expect(store.outbox.entries.value).toMatchObject([
      { state: 'failed', reason: 'The conversation is closed.' },
    ]);
    expect(store.room.value?.is_open).toBe(false);
    store.outbox.discard('own1');
    expect(store.outbox.entries.value).toEqual([]);
  });

  test('brings one back to the end of the conversation', async () => {
    server.write(200);
    allRead();
    const store = await person.enter(20);
    store.send('Hello');
    await settled();
    expect(store.log.messages.value.at(-1)?.body).toBe('Hello');
    expect(store.outbox.entries.value).toEqual([]);
  });

  test('after a refused one is sent all the same', async () => {
    const store = await person.enter();
    server.failing = { status: 422, only: 'post' };
    store.send('Refused');
    await settled();
    server.failing = null;
    store.send('Taken');
    await settled();
    expect(server.rows.map(({ body }) => body)).toEqual(['Taken']);
    expect(store.outbox.entries.value.map(({ body }) => body)).toEqual(['Refused']);
  });
});

describe('the room itself', () => {
  test('is read anew when its client leaves: it may be closed', async () => {
    const store = await person.enter();
    server.tell({ event: 'presence', online: [me, other] });
    server.isOpen = false;
    server.tell({ event: 'presence', online: [me] });
    await settled();
    expect(store.room.value?.is_open).toBe(false);
  });

  test('is read anew once when somebody is there whom nobody knew', async () => {
    await person.enter();
    server.calls = [];
    server.tell({ event: 'presence', online: [me, 'newcomer'] });
    server.tell({ event: 'presence', online: [me, 'newcomer', other] });
    await settled();
    expect(server.calls).toEqual(['room']);
  });
});

describe('a goodbye', () => {
  test.each(['access_gone', 'account_ended', 'signed_out', 'token_expired'])(
    'of the kind %s is the end',
    async (reason) => {
      const store = await person.enter();
      server.tell({ event: 'bye', reason });
      expect(store.link.ending.value).toBe(reason);
      await person.clock.pass(120_000);
      expect(server.sockets.length).toBe(1);
    },
  );

  test.each(['shutdown', 'too_many_frames'])(
    'of the kind %s is followed by a new connection',
    async (reason) => {
      const store = await person.enter();
      server.tell({ event: 'bye', reason });
      await person.clock.pass(2_000);
      expect(store.link.mode.value).toBe('live');
      expect(server.sockets.length).toBe(2);
      expect(server.openSockets).toBe(1);
    },
  );
});
