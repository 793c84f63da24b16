import { pushWire } from './api.ts';
import { Push } from './push.ts';
import type { PushBrowser } from './types.ts';

const ownerKey = 'portal-push-owner';

const browser: PushBrowser = {
  permission: () => Notification.permission,
  ask: () => Notification.requestPermission(),
  async manager() {
    await navigator.serviceWorker.register('/sw.js');
    return (await navigator.serviceWorker.ready).pushManager;
  },
  async current() {
    const registration = await navigator.serviceWorker.getRegistration('/');
    return (await registration?.pushManager.getSubscription()) ?? null;
  },
  owner() {
    try {
      return localStorage.getItem(ownerKey);
    } catch {
      return null;
    }
  },
  setOwner(person) {
    try {
      if (person === null) localStorage.removeItem(ownerKey);
      else localStorage.setItem(ownerKey, person);
    } catch {
      // Without storage push ends with the sign-in, and is to be switched on again.
    }
  },
};

/** Service workers exist only in secure contexts; some browsers have push only in pages that were installed. */
function canPush(): boolean {
  return (
    typeof navigator !== 'undefined' &&
    'serviceWorker' in navigator &&
    typeof PushManager !== 'undefined' &&
    typeof Notification !== 'undefined'
  );
}

export const push = new Push(canPush() ? browser : null, pushWire);
