import { useEffect, useMemo } from 'preact/hooks';
import { roomsOf } from '../../chat/api.ts';
import { RoomList } from '../../chat/room-list.ts';
import { inboxVersion } from '../bell.ts';

/** What no notification tells of (a colleague's message, say) shows after this long. */
const rereadMs = 20_000;

/** The rooms of a project, kept up to date while they are shown. */
export function useRooms(project: string): RoomList {
  const list = useMemo(() => new RoomList((cursor) => roomsOf(project, cursor)), [project]);
  const version = inboxVersion.value;
  useEffect(() => void list.refresh(), [list, version]);
  useEffect(() => {
    const stop = new AbortController();
    const reread = () => {
      if (document.visibilityState === 'visible') void list.refresh();
    };
    addEventListener('focus', reread, { signal: stop.signal });
    document.addEventListener('visibilitychange', reread, { signal: stop.signal });
    const timer = setInterval(reread, rereadMs);
    return () => {
      stop.abort();
      clearInterval(timer);
    };
  }, [list]);
  return list;
}
