import { call } from '../shared/http.ts';
import type { PushWire } from './types.ts';

const root = '/api/notifications/push';

export const pushWire: PushWire = {
  publicKey: async () => (await call<{ public_key: string | null }>(root)).public_key,
  subscribe: async (subscription) => {
    await call(`${root}/subscriptions`, { method: 'POST', body: subscription });
  },
  unsubscribe: (endpoint) =>
    call<void>(`${root}/subscriptions`, { method: 'DELETE', body: { endpoint }, keepalive: true }),
};
