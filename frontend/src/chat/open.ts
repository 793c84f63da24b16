import type { Clock } from '../inbox/types.ts';
import { roomWire } from './api.ts';
import { newId } from './ids.ts';
import { keptUnsent } from './kept.ts';
import { RoomStore } from './room.ts';
import { roomSocket } from './socket.ts';

export const clock: Clock = {
  now: () => Date.now(),
  random: () => Math.random(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

const stores = new Map<string, RoomStore>();

/** The store of a room; going back to a room finds it as it was left. */
export function storeOf(room: string, me: string): RoomStore {
  const known = stores.get(room);
  if (known?.me === me) return known;
  const store = new RoomStore({
    me,
    wire: roomWire(room),
    open: roomSocket(room),
    clock,
    unsent: keptUnsent(me, room),
    isLooking: () => document.visibilityState === 'visible',
    newId,
  });
  stores.set(room, store);
  return store;
}

/** Nobody is signed in any more. */
export function forgetRooms(): void {
  for (const store of stores.values()) store.leave();
  stores.clear();
}

/** What holds a socket, as far as the network and the page have to do with it. */
interface Linked {
  link: { restart(): void; offline(): void };
  wake(): void;
}

/** Tells what is in use of the network's and the page's comings and goings; the answer ends that. */
export function attend(store: Linked): () => void {
  const stop = new AbortController();
  const { signal } = stop;
  addEventListener('online', () => store.link.restart(), { signal });
  addEventListener('offline', () => store.link.offline(), { signal });
  document.addEventListener(
    'visibilitychange',
    () => {
      if (document.visibilityState === 'visible') store.wake();
    },
    { signal },
  );
  // Back out of the cache of pages left: its socket is gone without a word.
  addEventListener('pageshow', ({ persisted }) => persisted && store.link.restart(), { signal });
  return () => stop.abort();
}
