import { useEffect, useRef } from 'preact/hooks';
import type { Mode } from '../chat/link.ts';
import { attend, clock } from '../chat/open.ts';
import type { Changes } from '../live/changes.ts';
import { Connection } from '../live/connection.ts';
import type { Problem } from '../shared/http.ts';

export const connection = new Connection(clock);

const browser = 'browser';

export function listenToNetwork(): void {
  addEventListener('offline', () => connection.lost(browser));
  addEventListener('online', () => connection.found(browser));
  if (!navigator.onLine) connection.lost(browser);
}

/** Attends a live link, and hears from it whether the portal answers. */
export function attendLink(changes: Changes): () => void {
  const leave = attend(changes);
  const unhear = changes.link.mode.subscribe((mode: Mode) => {
    // Without a socket it is asked instead: that is slower, but it answers.
    if (mode === 'connecting' || mode === 'offline') connection.lost(changes);
    else connection.found(changes);
  });
  return () => {
    leave();
    unhear();
    connection.forget(changes);
  };
}

/** Whether the same question may well be answered at the next attempt. */
export function mayPass(problem: Problem | null | undefined): boolean {
  return problem !== null && problem !== undefined && (problem.status === 0 || problem.status >= 500);
}

/** As long as something failed that may pass, it is tried whenever the portal is within reach again. */
export function useRetry(hasFailed: boolean, run: () => void): void {
  const latest = useRef(run);
  latest.current = run;
  useEffect(() => (hasFailed ? connection.retry(() => latest.current()) : undefined), [hasFailed]);
}
