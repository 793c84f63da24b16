import type { Channel, Clock, Elect, TabMessage } from '../inbox/types.ts';

export const browserClock: Clock = {
  now: () => Date.now(),
  random: () => Math.random(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

export function tabChannel(name: string): Channel & { close(): void } {
  const channel = new BroadcastChannel(name);
  return {
    post: (message) => channel.postMessage(message),
    listen(hear) {
      const listener = (event: MessageEvent<TabMessage>) => hear(event.data);
      channel.addEventListener('message', listener);
      return () => channel.removeEventListener('message', listener);
    },
    close: () => channel.close(),
  };
}

/** Leadership by a Web Lock. Outside secure contexts there are none, and every tab leads itself. */
export function electByLock(name: string): Elect {
  return (lead) => {
    if (!navigator.locks) {
      lead();
      return () => undefined;
    }
    const waiting = new AbortController();
    let release = () => {};
    navigator.locks
      .request(name, { signal: waiting.signal }, () => {
        lead();
        return new Promise<void>((resolve) => {
          release = resolve;
        });
      })
      .catch(() => undefined);
    return () => {
      waiting.abort();
      release();
    };
  };
}
