import { Feed } from '../inbox/feed.ts';
import { Sight } from '../inbox/sight.ts';
import { InboxStore } from '../inbox/store.ts';
import type { Tab } from '../inbox/types.ts';
import { browserClock, electByLock, tabChannel } from './tabs.ts';
import { httpStream, httpWire, tellSight } from './wire.ts';

const tabKey = 'portal-bell-tab';

export interface Inbox {
  store: InboxStore;
  feed: Feed;
  stop(): void;
}

/** Starts the inbox of one person; tabs of the same person and portal share one stream. */
export function startInbox(api: string, token: () => string | undefined): Inbox {
  const access = { api, token };
  const name = `portal-bell ${api} ${subjectOf(token())}`;
  const channel = tabChannel(name);
  const store = new InboxStore({
    wire: httpWire(access),
    channel,
    clock: browserClock,
    tab: rememberedTab(),
  });
  const feed = new Feed({
    inbox: store,
    open: httpStream(access),
    elect: electByLock(name),
    channel,
    clock: browserClock,
  });
  const forget = store.tab.subscribe(rememberTab);
  const sight = new Sight(tellSight(access), channel, browserClock);
  const look = () => sight.look(!document.hidden && feed.mode.value === 'live');
  const unlook = feed.mode.subscribe(look);
  const unwatch = watchPage(feed, look);
  const relieve = forgetFailures(store, feed);
  store.start();
  feed.start();
  return {
    store,
    feed,
    stop() {
      unwatch();
      unlook();
      sight.look(false);
      relieve();
      forget();
      feed.stop();
      store.stop();
      channel.close();
    },
  };
}

/** Whose token it is; without one, the browser's cookie says so for all tabs alike. */
export function subjectOf(token: string | undefined): string {
  if (!token) return 'cookie';
  try {
    const payload = token.split('.')[1] ?? '';
    const { sub } = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')));
    return String(sub);
  } catch {
    return token;
  }
}

function watchPage(feed: Feed, look: () => void): () => void {
  const stop = new AbortController();
  const options = { signal: stop.signal };
  addEventListener('focus', () => feed.wake(), options);
  addEventListener('online', () => feed.restart(), options);
  addEventListener('offline', () => feed.offline(), options);
  document.addEventListener(
    'visibilitychange',
    () => {
      look();
      if (!document.hidden) feed.wake();
    },
    options,
  );
  return () => stop.abort();
}

/** A failure told while offline is no news once the connection is back. */
function forgetFailures(store: InboxStore, feed: Feed): () => void {
  let wasOffline = false;
  return feed.mode.subscribe((mode) => {
    if (mode === 'offline') wasOffline = true;
    if (mode !== 'live' && mode !== 'polling') return;
    if (wasOffline) store.notice.value = null;
    wasOffline = false;
  });
}

function rememberedTab(): Tab {
  try {
    return localStorage.getItem(tabKey) === 'unread' ? 'unread' : 'all';
  } catch {
    return 'all';
  }
}

function rememberTab(tab: Tab): void {
  try {
    localStorage.setItem(tabKey, tab);
  } catch {
    // Storage may be forbidden in somebody else's page: the tab is then forgotten, nothing more.
  }
}
