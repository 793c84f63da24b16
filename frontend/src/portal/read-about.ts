import { useEffect } from 'preact/hooks';
import { call } from '../shared/http.ts';

/**
 * Whoever looks at a thing needs no notifications about it: told once per visit, as soon as the page is in view, and
 * again when there is something else to see: `shown` stands for what that is.
 */
export function useReadAbout(source_kind: string, source_id: string, shown = ''): void {
  useEffect(() => {
    const stop = new AbortController();
    const look = () => {
      if (document.visibilityState !== 'visible') return;
      stop.abort();
      // It is a courtesy: what could not be marked stays unread.
      void readAbout(source_kind, source_id).catch(() => undefined);
    };
    document.addEventListener('visibilitychange', look, { signal: stop.signal });
    look();
    return () => stop.abort();
  }, [source_kind, source_id, shown]);
}

const readAbout = (source_kind: string, source_id: string) =>
  call<void>('/api/notifications/read_about', { method: 'POST', body: { source_kind, source_id } });
