import { signal } from '@preact/signals';
import type { HTMLAttributes } from 'preact';
import type { NotificationBell } from '../bell/element.tsx';
import type { NotificationItem } from '../inbox/types.ts';
import { endSession } from './session.ts';

/** Grows whenever the inbox changed: pages that show parts of it read them anew. */
export const inboxVersion = signal(0);
/** Grows with every notification followed, so that following the same one twice points at its target twice. */
export const followed = signal(0);

export function listenToBell(): void {
  addEventListener('notification-count', counted);
  addEventListener('notification-new', changed);
  addEventListener('notification-reset', changed);
  addEventListener('notification-open', () => {
    followed.value += 1;
  });
  addEventListener('notification-signed-out', endSession);
}

export function reconnectBell(): void {
  document.querySelector<NotificationBell>('notification-bell')?.reconnect();
}

let lastCount: number | undefined;

function counted({ detail }: CustomEvent<number>): void {
  // The first count is no change: the page has just read what it shows.
  if (lastCount !== undefined && lastCount !== detail) changed();
  lastCount = detail;
}

let pending: ReturnType<typeof setTimeout> | undefined;

/** A burst of frames is one reading. */
function changed(): void {
  clearTimeout(pending);
  pending = setTimeout(() => {
    inboxVersion.value += 1;
  }, 250);
}

declare global {
  interface HTMLElementTagNameMap {
    'notification-bell': NotificationBell;
  }
  interface WindowEventMap {
    'notification-open': CustomEvent<NotificationItem>;
    'notification-new': CustomEvent<NotificationItem>;
    'notification-count': CustomEvent<number>;
    'notification-reset': CustomEvent;
    'notification-signed-out': CustomEvent;
  }
}

declare module 'preact' {
  namespace JSX {
    interface IntrinsicElements {
      'notification-bell': HTMLAttributes<NotificationBell>;
    }
  }
}
