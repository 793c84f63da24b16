import type { Subscription } from './types.ts';

/** A browser's subscription, as the server takes it. */
export function subscriptionOf(made: PushSubscription): Subscription {
  const { endpoint, keys } = made.toJSON();
  return {
    endpoint: endpoint ?? made.endpoint,
    keys: { p256dh: keys?.p256dh ?? '', auth: keys?.auth ?? '' },
  };
}
