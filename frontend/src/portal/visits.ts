import { useEffect, useRef } from 'preact/hooks';

/** Coming back to a window is often two events. */
const sameReturnMs = 1_000;

/** Runs whenever the person comes back to this page from another tab or window. */
export function useReturn(run: () => void): void {
  const latest = useRef(run);
  latest.current = run;
  useEffect(() => {
    const stop = new AbortController();
    let lastAt = Number.NEGATIVE_INFINITY;
    const back = (event: Event) => {
      if (document.visibilityState !== 'visible' || event.timeStamp - lastAt < sameReturnMs) return;
      lastAt = event.timeStamp;
      latest.current();
    };
    document.addEventListener('visibilitychange', back, { signal: stop.signal });
    addEventListener('focus', back, { signal: stop.signal });
    return () => stop.abort();
  }, []);
}
