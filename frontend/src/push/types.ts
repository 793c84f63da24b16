/** What the portal sends to a browser. */
export interface PushMessage {
  title: string;
  body: string | null;
  /** A page of the portal. */
  url: string;
  /** Of the notification: told again, it replaces what is on the screen. */
  id: string;
}

/** A browser's address at its push service, and the keys to encrypt for it. */
export interface Subscription {
  endpoint: string;
  keys: { p256dh: string; auth: string };
}

export interface PushWire {
  /** Null where push is not set up on the server. */
  publicKey(): Promise<string | null>;
  subscribe(subscription: Subscription): Promise<void>;
  unsubscribe(endpoint: string): Promise<void>;
}

/** What of the browser push has to do with. */
export interface PushBrowser {
  permission(): NotificationPermission;
  ask(): Promise<NotificationPermission>;
  /** Puts the service worker in place if need be. */
  manager(): Promise<PushManager>;
  /** What is subscribed now; installs nothing. */
  current(): Promise<PushSubscription | null>;
  /** Who wanted push in this browser last; kept over a sign-out. */
  owner(): string | null;
  setOwner(person: string | null): void;
}
