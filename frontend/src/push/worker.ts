import { pushWire } from './api.ts';
import { pageOf, shownOf } from './shown.ts';
import { subscriptionOf } from './subscription.ts';
import type { PushMessage } from './types.ts';

/** The service worker: shows what the portal pushes, and opens its page. It touches no request. */

// The typings of a page know no service workers.
interface Worker extends EventTarget {
  location: Location;
  registration: ServiceWorkerRegistration;
  clients: { matchAll(options: object): Promise<Page[]>; openWindow(url: string): Promise<unknown> };
  skipWaiting(): Promise<void>;
}

interface Page {
  url: string;
  focus(): Promise<unknown>;
}

interface Extendable extends Event {
  waitUntil(work: Promise<unknown>): void;
}

interface Pushed extends Extendable {
  data: { json(): unknown } | null;
}

interface Renewed extends Extendable {
  oldSubscription?: PushSubscription | null;
  newSubscription?: PushSubscription | null;
}

interface Clicked extends Extendable {
  notification: Notification;
}

const worker = globalThis as unknown as Worker;

worker.addEventListener('install', () => void worker.skipWaiting());

worker.addEventListener('push', (event) => {
  const pushed = event as Pushed;
  const { title, options } = shownOf(read(pushed.data));
  pushed.waitUntil(worker.registration.showNotification(title, options));
});

worker.addEventListener('notificationclick', (event) => {
  const { notification } = event as Clicked;
  notification.close();
  (event as Clicked).waitUntil(show(pageOf(notification.data, worker.location.origin)));
});

// The browser's push service gave it another address. Should the portal not hear of it now, the next page tells it.
worker.addEventListener('pushsubscriptionchange', (event) =>
  (event as Renewed).waitUntil(renew(event as Renewed)),
);

async function renew({ oldSubscription, newSubscription }: Renewed): Promise<void> {
  const options = oldSubscription?.options as PushSubscriptionOptionsInit | undefined;
  const made = newSubscription ?? (options && (await worker.registration.pushManager.subscribe(options)));
  if (made) await pushWire.subscribe(subscriptionOf(made));
}

/** A window that shows the page already comes to the front; another one, with what is being written there, is left alone. */
async function show(page: string): Promise<void> {
  const windows = await worker.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const there = windows.find(({ url }) => url === page);
  await (there ? there.focus() : worker.clients.openWindow(page));
}

/** A browser that got a push must show something, whatever came. */
function read(data: Pushed['data']): Partial<PushMessage> {
  try {
    return (data?.json() ?? {}) as Partial<PushMessage>;
  } catch {
    return {};
  }
}
