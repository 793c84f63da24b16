import { beforeEach, describe, expect, test } from 'vitest';
import { Feed, type Inbox, pollEveryMs } from './feed.ts';
import { FakeClock, FakeStreams, item, settled, Tabs } from './testing/world.ts';
import type { Frame } from './types.ts';

class FakeInbox implements Inbox {
  frames: Frame[] = [];
  refreshes = 0;
  polls = 0;
  heard: number[] = [];
  failing: { status: number } | null = null;

  apply(frame: Frame): void {
    this.frames.push(frame);
  }

  async refresh(): Promise<void> {
    this.refreshes += 1;
    if (this.failing) throw this.failing;
  }

  async poll(): Promise<number> {
    this.polls += 1;
    if (this.failing) throw this.failing;
    return 7;
  }

  hearCount(count: number): void {
    this.heard.push(count);
  }
}

let clock: FakeClock;
let tabs: Tabs;
let streams: FakeStreams;

beforeEach(() => {
  clock = new FakeClock();
  tabs = new Tabs();
  streams = new FakeStreams();
});

function openTab(own: FakeClock = clock): { feed: Feed; inbox: FakeInbox } {
  const inbox = new FakeInbox();
  const channel = tabs.channel();
  const feed = new Feed({ inbox, open: streams.open, elect: tabs.elect, channel, clock: own });
  feed.start();
  return { feed, inbox };
}

const ready: Frame = { event: 'ready', unread_count: 3 };

describe('one tab', () => {
  test('is live once the stream says it is ready, and reads anew then', async () => {
    const { feed, inbox } = openTab();
    expect(feed.mode.value).toBe('connecting');
    const before = inbox.refreshes;
    streams.last.frame(ready);
    expect(feed.mode.value).toBe('live');
    expect(inbox.refreshes).toBe(before + 1);
  });

  test('does not poll while it is live', async () => {
    const { inbox } = openTab();
    streams.last.frame(ready);
    for (let beat = 0; beat < 20; beat += 1) {
      await clock.pass(10_000);
      streams.last.alive();
    }
    expect(inbox.polls).toBe(0);
  });

  test('retries with growing waits, and reads anew when it is back', async () => {
    const { feed, inbox } = openTab();
    streams.last.frame(ready);
    await clock.pass(60);
    streams.last.end(undefined);
    const opened = [clock.now()];
    for (let attempt = 0; attempt < 4; attempt += 1) {
      const count = streams.opened.length;
      while (streams.opened.length === count) await clock.pass(50);
      opened.push(clock.now());
      streams.last.end(undefined);
    }
    const waits = opened.slice(1).map((at, index) => at - (opened[index] ?? 0));
    expect(waits.every((wait, index) => index === 0 || wait > (waits[index - 1] ?? 0))).toBe(true);
    const before = inbox.refreshes;
    await clock.pass(60_000);
    streams.last.frame(ready);
    expect(feed.mode.value).toBe('live');
    expect(inbox.refreshes).toBe(before + 1);
  });

  test('polls every 15 seconds while the stream is down, and stops when it is back', async () => {
    const { feed, inbox } = openTab();
    streams.last.frame(ready);
    streams.last.end(undefined);
    await clock.pass(2_000);
    streams.last.end(undefined);
    await clock.pass(0);
    expect(inbox.polls).toBe(1);
    expect(feed.mode.value).toBe('polling');
    await clock.pass(pollEveryMs);
    await clock.pass(pollEveryMs);
    expect(inbox.polls).toBe(3);
    streams.last.frame(ready);
    await clock.pass(3_000);
    expect(inbox.polls).toBe(3);
  });

  test('survives a short cut without a poll and without a word', async () => {
    const { feed, inbox } = openTab();
    streams.last.frame(ready);
    streams.last.end(undefined);
    await clock.pass(2_000);
    streams.last.frame(ready);
    expect(feed.mode.value).toBe('live');
    expect(inbox.polls).toBe(0);
  });

  test('says it is offline when the polls fail too, and comes back by itself', async () => {
    const { feed, inbox } = openTab();
    inbox.failing = { status: 0 };
    streams.last.end(undefined);
    await clock.pass(2_000);
    streams.last.end(undefined);
    await clock.pass(0);
    expect(feed.mode.value).toBe('offline');
    inbox.failing = null;
    await clock.pass(pollEveryMs);
    expect(feed.mode.value).toBe('polling');
  });

  test('does not retry a stream it is not allowed, but polls', async () => {
    const { feed, inbox } = openTab();
    streams.last.end(403);
    await clock.pass(5 * pollEveryMs);
    expect(streams.opened).toHaveLength(1);
    expect(inbox.polls).toBe(6);
    expect(feed.mode.value).toBe('polling');
  });

  test('asks again for the stream when told that the settings changed', async () => {
    const { feed } = openTab();
    streams.last.end(403);
    await clock.pass(1_000);
    feed.restart();
    streams.last.frame(ready);
    expect(feed.mode.value).toBe('live');
  });

  test('stops when nobody is signed in', async () => {
    const { feed, inbox } = openTab();
    streams.last.end(401);
    await clock.pass(5 * pollEveryMs);
    expect(feed.mode.value).toBe('signed_out');
    expect(streams.opened).toHaveLength(1);
    expect(inbox.polls).toBe(0);
  });

  test('stops when a poll learns that nobody is signed in', async () => {
    const { feed, inbox } = openTab();
    streams.last.end(403);
    inbox.failing = { status: 401 };
    await clock.pass(2 * pollEveryMs);
    expect(feed.mode.value).toBe('signed_out');
    expect(inbox.polls).toBe(1);
  });

  test.each([
    ['shutdown', 'connecting'],
    ['slow', 'connecting'],
    ['token_expired', 'connecting'],
    ['access_ended', 'connecting'],
    ['signed_out', 'signed_out'],
  ])('told goodbye for %s it is %s', (reason, mode) => {
    const { feed } = openTab();
    streams.last.frame(ready);
    streams.last.frame({ event: 'bye', reason });
    expect(feed.mode.value).toBe(mode);
    expect(streams.openNow).toBe(0);
  });

  test('gives up a stream that fell silent', async () => {
    openTab();
    streams.last.frame(ready);
    streams.last.alive();
    await clock.pass(47_000);
    expect(streams.opened.length).toBeGreaterThan(1);
    expect(streams.openNow).toBe(1);
  });

  test('connects at once when the network is back', async () => {
    const { feed } = openTab();
    feed.offline();
    streams.last.end(undefined);
    const before = streams.opened.length;
    feed.restart();
    expect(streams.opened.length).toBe(before + 1);
  });

  test('reads anew after sleep, but not at every glance', async () => {
    const { feed, inbox } = openTab();
    streams.last.frame(ready);
    const before = inbox.refreshes;
    feed.wake();
    expect(inbox.refreshes).toBe(before);
    await clock.pass(30_000);
    feed.wake();
    expect(inbox.refreshes).toBe(before + 1);
  });

  test('a tab that comes back to the front reads at once what could not be read before', async () => {
    const { feed, inbox } = openTab();
    inbox.failing = { status: 503 };
    streams.last.frame(ready);
    await settled();
    inbox.failing = null;
    const before = inbox.refreshes;
    feed.wake();
    expect(inbox.refreshes).toBe(before + 1);
  });
});

describe('several tabs', () => {
  test('hold one stream', () => {
    for (let tab = 0; tab < 10; tab += 1) openTab();
    expect(streams.openNow).toBe(1);
  });

  test('all hear every frame, once', () => {
    const all = [openTab(), openTab(), openTab()];
    streams.last.frame(ready);
    streams.last.frame({ event: 'notification', item: item(1), unread_count: 4 });
    for (const { inbox, feed } of all) {
      expect(inbox.frames.map(({ event }) => event)).toEqual(['ready', 'notification']);
      expect(feed.mode.value).toBe('live');
    }
  });

  test('a tab that opens later learns how things stand', () => {
    openTab();
    streams.last.frame(ready);
    const late = openTab();
    expect(late.feed.mode.value).toBe('live');
  });

  test('when the leader goes, another takes over', () => {
    const leader = openTab();
    const other = openTab();
    streams.last.frame(ready);
    leader.feed.stop();
    expect(streams.opened).toHaveLength(2);
    expect(streams.openNow).toBe(1);
    streams.last.frame(ready);
    expect(other.feed.mode.value).toBe('live');
  });

  test('only the leader polls, and the others hear the count', async () => {
    const leader = openTab();
    const other = openTab();
    streams.last.end(403);
    await clock.pass(2 * pollEveryMs);
    expect(leader.inbox.polls).toBe(3);
    expect(other.inbox.polls).toBe(0);
    expect(other.inbox.heard).toEqual([7, 7, 7]);
    expect(other.feed.mode.value).toBe('polling');
  });

  test('a tab whose leader is frozen polls for itself, until the leader is heard again', async () => {
    const frozen = new FakeClock();
    openTab(frozen);
    const other = openTab();
    streams.last.frame(ready);
    await clock.pass(44_000);
    expect(other.inbox.polls).toBe(0);
    await clock.pass(2_000 + pollEveryMs);
    expect(other.inbox.polls).toBe(2);
    await frozen.pass(15_000);
    streams.last.alive();
    await clock.pass(44_000);
    expect(other.inbox.polls).toBe(2);
    expect(other.feed.mode.value).toBe('live');
  });

  test('all learn that the person signed out', () => {
    openTab();
    const other = openTab();
    streams.last.frame(ready);
    streams.last.frame({ event: 'bye', reason: 'signed_out' });
    expect(other.feed.mode.value).toBe('signed_out');
  });
});
