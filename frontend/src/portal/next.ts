/** Where to go after signing in: only a place of this portal. */
export function safeNext(next: string | undefined): string {
  if (!next?.startsWith('/')) return '/projects';
  const url = new URL(next, location.origin);
  if (url.origin !== location.origin || url.pathname === '/login') return '/projects';
  return url.pathname + url.search + url.hash;
}
