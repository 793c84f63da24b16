import type { PushMessage } from './types.ts';

/** What the browser shows of a push; without anything legible in it, at least that there is something. */
export function shownOf({ title, body, url, id }: Partial<PushMessage>): {
  title: string;
  options: NotificationOptions;
} {
  return {
    title: title || 'Client Portal',
    options: {
      body: body ?? (title ? '' : 'There is something new.'),
      icon: '/static/push-icon.png',
      badge: '/static/push-badge.png',
      ...(id ? { tag: id } : {}),
      data: { url },
    },
  };
}

/** Where a click leads: to a page of the portal, whatever the message says. */
export function pageOf(data: unknown, origin: string): string {
  const { url } = (data ?? {}) as { url?: unknown };
  const home = `${origin}/projects`;
  if (typeof url !== 'string') return home;
  try {
    const page = new URL(url, home);
    return page.origin === origin ? page.href : home;
  } catch {
    return home;
  }
}
