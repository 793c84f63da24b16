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
  let isOpen = true;
  return {
    post(message) {
      // A mark may settle after its page let go of the inbox.
      if (isOpen) channel.postMessage(message);
    },
    listen(hear) {
      const listener = (event: MessageEvent<TabMessage>) => hear(event.data);
      channel.addEventListener('message', listener);
      return () => channel.removeEventListener('message', listener);
    },
    close() {
      isOpen = false;
      channel.close();
    },
  };
}

/** Leadership by a Web Lock. Where there are none (outside secure contexts, say), every tab leads itself. */
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
      .catch(() => waiting.signal.aborted || lead());
    return () => {
      waiting.abort();
      release();
    };
  };
}
