import { signal } from '@preact/signals-core';
import { useEffect } from 'preact/hooks';
import { timeAgo } from './ago.ts';

const tickMs = 20_000;
const exact = new Intl.DateTimeFormat('en', { dateStyle: 'full', timeStyle: 'short' });
const now = signal(new Date());
let shown = 0;
let ticking: ReturnType<typeof setInterval> | undefined;

/** A time that keeps itself up to date, with the absolute one in its tooltip. */
export function TimeAgo({ iso }: { iso: string }) {
  useEffect(tickWhileShown, []);
  const then = new Date(iso);
  return (
    <time dateTime={iso} title={exact.format(then)}>
      {timeAgo(then, now.value)}
    </time>
  );
}

/** One timer for all the times on the page, and none when there are no times. */
function tickWhileShown(): () => void {
  shown += 1;
  if (shown === 1) {
    now.value = new Date();
    ticking = setInterval(() => {
      now.value = new Date();
    }, tickMs);
  }
  return () => {
    shown -= 1;
    if (shown === 0) clearInterval(ticking);
  };
}
