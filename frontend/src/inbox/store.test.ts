import { beforeEach, describe, expect, test } from 'vitest';
import { InboxStore } from './store.ts';
import { FakeClock, FakeServer, item, settled, Tabs } from './testing/world.ts';

let server: FakeServer;
let clock: FakeClock;
let tabs: Tabs;

beforeEach(() => {
  server = new FakeServer();
  clock = new FakeClock();
  tabs = new Tabs();
});

async function openedStore(): Promise<InboxStore> {
  const store = newStore();
  await store.refresh();
  store.setOpen(true);
  await settled();
  return store;
}

function newStore(): InboxStore {
  const store = new InboxStore({ wire: server, channel: tabs.channel(), clock });
  store.start();
  return store;
}

function shown(store: InboxStore): readonly string[] {
  return store.views[store.tab.value].value.ids;
}

function isRead(store: InboxStore, id: string): boolean {
  const found = store.items.value.get(id);
  if (!found) throw new Error(`${id} is not in the store`);
  return store.isRead(found);
}

describe('marking one as read', () => {
  test('shows at once, before the server answers', async () => {
    server.add(3);
    const store = await openedStore();
    server.hold();
    void store.markRead('n2');
    expect(isRead(store, 'n2')).toBe(true);
    expect(store.unread.value).toBe(2);
    await server.release();
    expect(store.unread.value).toBe(2);
  });

  test('is put back when the server refuses, and says so', async () => {
    server.add(3);
    const store = await openedStore();
    server.failing = { status: 500 };
    await store.markRead('n2');
    expect(isRead(store, 'n2')).toBe(false);
    expect(store.unread.value).toBe(3);
    expect(store.notice.value?.text).toContain('Notification 2');
  });

  test('can be tried again from the notice, which then goes away', async () => {
    server.add(1);
    const store = await openedStore();
    server.failing = { status: 503 };
    await store.markRead('n1');
    server.failing = null;
    store.notice.value?.retry();
    await settled();
    expect(isRead(store, 'n1')).toBe(true);
    expect(store.notice.value).toBeNull();
  });

  test('a failure takes back only its own mark, not what came meanwhile', async () => {
    server.add(2);
    const store = await openedStore();
    server.failing = { status: 500 };
    server.hold();
    void store.markRead('n1');
    store.apply({ event: 'read', ids: ['n2'], unread_count: 1 });
    store.apply({ event: 'notification', item: item(3), unread_count: 2 });
    expect(store.unread.value).toBe(1);
    await server.release();
    expect(store.unread.value).toBe(2);
    expect(isRead(store, 'n2')).toBe(true);
  });

  test('is counted once when its frame comes before the answer', async () => {
    server.add(3);
    const store = await openedStore();
    server.hold();
    void store.markRead('n1');
    store.apply({ event: 'read', ids: ['n1'], unread_count: 2 });
    expect(store.unread.value).toBe(2);
    await server.release();
    expect(store.unread.value).toBe(2);
  });

  test('asks the server for the count when another count came meanwhile', async () => {
    server.add(3);
    const store = await openedStore();
    server.hold();
    void store.markRead('n1');
    const [fresh] = server.add(1);
    if (fresh) store.apply({ event: 'notification', item: fresh, unread_count: 3 });
    await server.release();
    expect(store.unread.value).toBe(3);
  });

  test('twice is sent once', async () => {
    server.add(1);
    const store = await openedStore();
    await store.markRead('n1');
    await store.markRead('n1');
    expect(server.calls.filter((call) => call === 'read')).toHaveLength(1);
  });

  test('is not undone by a list that was on its way', async () => {
    server.add(2);
    const store = await openedStore();
    server.hold();
    const reading = store.refresh();
    void store.markRead('n1');
    await server.release();
    await reading;
    await settled();
    expect(isRead(store, 'n1')).toBe(true);
    expect(store.unread.value).toBe(1);
  });
});

describe('marking all as read', () => {
  test('empties the count and every dot at once', async () => {
    server.add(30);
    const store = await openedStore();
    server.hold();
    void store.markAllRead();
    expect(store.unread.value).toBe(0);
    expect(shown(store).every((id) => isRead(store, id))).toBe(true);
    await server.release();
    expect(store.unread.value).toBe(0);
  });

  test('leaves alone what arrives while it is on its way', async () => {
    server.add(2);
    const store = await openedStore();
    server.hold();
    void store.markAllRead();
    store.apply({ event: 'notification', item: item(9), unread_count: 3 });
    expect(store.unread.value).toBe(1);
    store.apply({ event: 'read', all: true, unread_count: 1 });
    expect(store.unread.value).toBe(1);
  });

  test('is put back as a whole when it fails, the unread tab included', async () => {
    server.add(3);
    const store = await openedStore();
    store.setTab('unread');
    await settled();
    server.failing = { status: 500 };
    await store.markAllRead();
    expect(store.unread.value).toBe(3);
    expect(shown(store)).toEqual(['n3', 'n2', 'n1']);
    expect(store.notice.value).not.toBeNull();
  });

  test('leaves nothing to load on the unread tab, and what there was when it fails', async () => {
    server.pageSize = 2;
    server.add(4);
    const store = await openedStore();
    store.setTab('unread');
    await settled();
    server.hold();
    const more = store.loadMore();
    const sent = store.markAllRead();
    expect(shown(store)).toEqual([]);
    await store.loadMore();
    await server.release();
    await Promise.all([more, sent]);
    expect(shown(store)).toEqual([]);

    server.add(4);
    await store.refresh();
    server.failing = { status: 500 };
    await store.markAllRead();
    server.failing = null;
    await store.loadMore();
    expect(shown(store)).toHaveLength(4);
  });

  test('asks for no more of what the unread tab no longer shows, unless it fails', async () => {
    server.pageSize = 2;
    server.add(5);
    const store = await openedStore();
    store.setTab('unread');
    await settled();
    server.hold();
    server.failing = { status: 500 };
    void store.markAllRead();
    const asked = server.calls.length;
    await store.loadMore();
    expect(server.calls).toHaveLength(asked);
    expect(store.views.unread.value).toEqual({ ids: [], next: null, status: 'ready', more: 'idle' });
    store.apply({ event: 'notification', item: item(6), unread_count: 6 });
    await server.release();
    expect(shown(store)).toEqual(['n6', 'n5', 'n4']);
    server.failing = null;
    await store.loadMore();
    expect(shown(store)).toEqual(['n6', 'n5', 'n4', 'n3', 'n2']);
  });

  test('fills an unread tab that was still loading when it fails', async () => {
    server.add(3);
    const store = await openedStore();
    server.hold();
    store.setTab('unread');
    server.failing = { status: 500 };
    void store.markAllRead();
    server.failing = null;
    await server.release();
    expect(shown(store)).toEqual(['n3', 'n2', 'n1']);
  });

  test('covers pages that load later', async () => {
    server.pageSize = 2;
    server.add(4);
    const store = await openedStore();
    server.hold();
    const more = store.loadMore();
    void store.markAllRead();
    await server.release();
    await more;
    expect(isRead(store, 'n1')).toBe(true);
  });
});

describe('frames', () => {
  test('a notification goes on top and carries the count', async () => {
    server.add(2);
    const store = await openedStore();
    store.setOpen(false);
    store.apply({ event: 'notification', item: item(3), unread_count: 3 });
    expect(shown(store)).toEqual(['n3', 'n2', 'n1']);
    expect(store.unread.value).toBe(3);
  });

  test('a notification that comes twice is listed once and announced once', async () => {
    server.add(1);
    const store = await openedStore();
    store.setOpen(false);
    const arrivals: unknown[] = [];
    store.arrived.subscribe((arrival) => arrival && arrivals.push(arrival));
    store.apply({ event: 'notification', item: item(2), unread_count: 2 });
    store.apply({ event: 'notification', item: item(2), unread_count: 2 });
    expect(shown(store)).toEqual(['n2', 'n1']);
    expect(arrivals).toHaveLength(1);
  });

  test('that overtake each other still end in order of time', async () => {
    server.add(1);
    const store = await openedStore();
    store.setOpen(false);
    store.apply({ event: 'notification', item: item(5), unread_count: 2 });
    store.apply({ event: 'notification', item: item(4), unread_count: 3 });
    expect(shown(store)).toEqual(['n5', 'n4', 'n1']);
  });

  test('that come while the list is read are applied after it', async () => {
    server.add(2);
    const store = await openedStore();
    store.setOpen(false);
    server.hold();
    const reading = store.refresh();
    store.apply({ event: 'notification', item: item(3), unread_count: 3 });
    expect(shown(store)).toEqual(['n2', 'n1']);
    await server.release();
    await reading;
    expect(shown(store)).toEqual(['n3', 'n2', 'n1']);
    expect(store.unread.value).toBe(3);
  });

  test('a reset reads everything anew', async () => {
    server.add(1);
    const store = await openedStore();
    store.setOpen(false);
    server.add(2);
    store.apply({ event: 'reset' });
    await settled();
    expect(store.resets.value).toBe(1);
    expect(shown(store)).toEqual(['n3', 'n2', 'n1']);
    expect(store.unread.value).toBe(3);
  });

  test('reading elsewhere clears the dot here', async () => {
    server.add(2);
    const store = await openedStore();
    store.apply({ event: 'read', ids: ['n1'], unread_count: 1 });
    expect(isRead(store, 'n1')).toBe(true);
    expect(store.unread.value).toBe(1);
  });
});

describe('an open panel', () => {
  test('holds new ones back until they are asked for', async () => {
    server.add(2);
    const store = await openedStore();
    store.apply({ event: 'notification', item: item(3), unread_count: 3 });
    expect(shown(store)).toEqual(['n2', 'n1']);
    expect(store.held.value).toEqual(['n3']);
    expect(store.unread.value).toBe(3);
    store.reveal();
    expect(shown(store)).toEqual(['n3', 'n2', 'n1']);
    expect(store.held.value).toEqual([]);
  });

  test('that is empty shows the first one at once', async () => {
    const store = await openedStore();
    store.apply({ event: 'notification', item: item(1), unread_count: 1 });
    expect(shown(store)).toEqual(['n1']);
  });

  test('keeps its order over a reconnect, and holds what was missed', async () => {
    server.add(2);
    const store = await openedStore();
    server.add(2);
    await store.refresh();
    expect(shown(store)).toEqual(['n2', 'n1']);
    expect(store.held.value).toEqual(['n4', 'n3']);
  });

  test('reads anew when more was missed than one page holds', async () => {
    server.pageSize = 3;
    server.add(3);
    const store = await openedStore();
    server.add(5);
    await store.refresh();
    expect(shown(store)).toEqual(['n3', 'n2', 'n1']);
    store.reveal();
    await settled();
    expect(shown(store)).toEqual(['n8', 'n7', 'n6']);
  });

  test('keeps what is read in the unread tab until it is opened again', async () => {
    server.add(2);
    const store = await openedStore();
    store.setTab('unread');
    await settled();
    store.apply({ event: 'read', ids: ['n2'], unread_count: 1 });
    expect(shown(store)).toEqual(['n2', 'n1']);
    store.setOpen(false);
    store.setOpen(true);
    expect(shown(store)).toEqual(['n1']);
  });
});

describe('pages', () => {
  test('follow one another without gaps or doubles', async () => {
    server.pageSize = 2;
    server.add(5);
    const store = await openedStore();
    await store.loadMore();
    await store.loadMore();
    expect(shown(store)).toEqual(['n5', 'n4', 'n3', 'n2', 'n1']);
    expect(store.views.all.value.next).toBeNull();
  });

  test('of the unread tab leave out what was read elsewhere since', async () => {
    server.pageSize = 2;
    server.add(4);
    const store = await openedStore();
    store.setTab('unread');
    await settled();
    server.hold();
    const more = store.loadMore();
    store.apply({ event: 'read', ids: ['n1'], unread_count: 3 });
    await server.release();
    await more;
    expect(shown(store)).toEqual(['n4', 'n3', 'n2']);
  });

  test('of a tab that is opened while the other one is read anew are read too', async () => {
    server.add(3);
    const store = await openedStore();
    store.setTab('unread');
    await settled();
    server.hold();
    const refresh = store.refresh();
    store.setTab('all');
    await server.release();
    await refresh;
    await settled();
    expect(shown(store)).toEqual(['n3', 'n2', 'n1']);
  });

  test('that were asked for before everything was read anew do not undo it', async () => {
    server.add(2);
    const store = newStore();
    server.hold();
    store.setOpen(true);
    server.add(1);
    const refresh = store.refresh();
    await server.release('reversed');
    await refresh;
    expect(shown(store)).toEqual(['n3', 'n2', 'n1']);
  });

  test('what is asked for while a reading fails is read all the same', async () => {
    server.add(1);
    const store = newStore();
    server.hold();
    server.failing = { status: 401 };
    const first = store.refresh();
    server.failing = null;
    const second = store.refresh();
    await server.release();
    await Promise.all([first, second]);
    expect(store.unread.value).toBe(1);
  });

  test('what arrives while all is read anew is announced, also when the answer knows of it', async () => {
    server.add(1);
    const store = await openedStore();
    const [arrived] = server.add(1);
    server.hold();
    const refresh = store.refresh();
    if (arrived) store.apply({ event: 'notification', item: arrived, unread_count: 2 });
    await server.release();
    await refresh;
    expect(store.arrived.value?.id).toBe('n2');
    expect(store.held.value).toEqual(['n2']);
  });

  test('a page that fails can be asked for again', async () => {
    server.pageSize = 2;
    server.add(3);
    const store = await openedStore();
    server.failing = { status: 500 };
    await store.loadMore();
    expect(store.views.all.value.more).toBe('failed');
    server.failing = null;
    await store.loadMore();
    expect(shown(store)).toEqual(['n3', 'n2', 'n1']);
  });

  test('a first page that fails can be asked for again', async () => {
    server.add(1);
    server.failing = { status: 500 };
    const store = newStore();
    store.setOpen(true);
    await settled();
    expect(store.views.all.value.status).toBe('failed');
    server.failing = null;
    await store.load();
    expect(shown(store)).toEqual(['n1']);
  });
});

describe('the tabs of one browser', () => {
  test('show a mark at once, and take it back together', async () => {
    server.add(2);
    const [here, there] = [await openedStore(), await openedStore()];
    server.failing = { status: 500 };
    server.hold();
    void here.markRead('n1');
    expect(there.unread.value).toBe(1);
    expect(isRead(there, 'n1')).toBe(true);
    await server.release();
    expect(there.unread.value).toBe(2);
    expect(isRead(there, 'n1')).toBe(false);
  });

  test('count a mark that succeeded once', async () => {
    server.add(2);
    const [here, there] = [await openedStore(), await openedStore()];
    await here.markRead('n1');
    expect([here.unread.value, there.unread.value]).toEqual([1, 1]);
  });

  test('ask the server when the tab that marked is gone before the answer', async () => {
    server.add(2);
    const [here, there] = [await openedStore(), await openedStore()];
    server.hold();
    void here.markRead('n1');
    here.stop();
    const asked = server.calls.length;
    await clock.pass(10_000);
    await server.release();
    expect(server.calls.length).toBeGreaterThan(asked);
    expect(there.unread.value).toBe(1);
  });
});

test('a poll that brings a new count reads the list anew', async () => {
  server.add(1);
  const store = await openedStore();
  store.setOpen(false);
  server.add(1);
  await store.poll();
  await settled();
  expect(shown(store)).toEqual(['n2', 'n1']);
  expect(store.unread.value).toBe(2);
});

test('a count asked for before a mark does not undo it', async () => {
  server.add(2);
  const store = await openedStore();
  server.hold();
  const polling = store.poll();
  const marking = store.markRead('n1');
  await server.release();
  await Promise.all([polling, marking]);
  expect(store.unread.value).toBe(1);
});
