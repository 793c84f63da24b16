import { Lock } from 'lucide';
import { useEffect, useRef } from 'preact/hooks';
import type { RoomStore } from '../../chat/room.ts';
import type { RoomList } from '../../chat/room-list.ts';
import type { Author, Room } from '../../chat/types.ts';
import { snippetOf } from '../../chat/words.ts';
import { Icon } from '../../shared/icon.tsx';
import { TimeAgo } from '../../shared/time.tsx';
import { Face } from './Face.tsx';
import { choose } from './visits.ts';

interface Props {
  list: RoomList;
  rooms: readonly Room[];
  /** The address of the list; a room adds itself to it. */
  href: string;
  me: string;
  open: RoomStore | null;
  openId: string;
}

/** The conversations of a project, beside the one that is open. */
export function Rooms({ list, rooms, href, me, open, openId }: Props) {
  const nav = useRef<HTMLElement>(null);
  const last = useRef(openId);
  useEffect(() => {
    // Back from a room: on to the next from where one was.
    if (openId === '' && last.current !== '') {
      nav.current?.querySelector<HTMLElement>(`[data-room="${CSS.escape(last.current)}"]`)?.focus();
    }
    last.current = openId;
  }, [openId]);
  return (
    <nav ref={nav} class="rooms" aria-label="Conversations">
      <ul>
        {rooms.map((room) => (
          <li key={room.id}>
            <a
              class={openId === room.id ? 'room current' : 'room'}
              data-room={room.id}
              href={`${href}?${new URLSearchParams({ room: room.id })}`}
              aria-current={openId === room.id ? 'true' : undefined}
              onClick={() => choose(room.id)}
            >
              <RoomEntry
                room={room}
                me={me}
                unread={open && openId === room.id && open.room.value ? open.unread.value : room.unread_count}
              />
            </a>
          </li>
        ))}
      </ul>
      {list.next.value !== null && (
        <button type="button" class="button" onClick={() => void list.loadMore()}>
          {list.more.value === 'failed' ? 'That did not load. Try again' : 'Show more conversations'}
        </button>
      )}
    </nav>
  );
}

function RoomEntry({ room, me, unread }: { room: Room; me: string; unread: number }) {
  const { client, last_message: last } = room;
  return (
    <>
      <Face person={client} />
      <span class={unread > 0 ? 'room-main unread' : 'room-main'}>
        <span class="room-top">
          <span class="room-name" dir="auto" title={client.display_name}>
            {client.display_name}
          </span>
          {last && <TimeAgo iso={last.created_at} />}
        </span>
        <span class="room-bottom">
          <span class="room-snippet">
            {!room.is_open && (
              <>
                <Icon of={Lock} size={12} />
                <span class="visually-hidden">Closed. </span>
              </>
            )}
            {last ? (
              <>
                <bdi>{last.author.id === me ? 'You' : shortName(last.author)}</bdi>:{' '}
                <bdi>{snippetOf(last)}</bdi>
              </>
            ) : (
              'No messages yet'
            )}
          </span>
          {unread > 0 && (
            <span class="count">
              {unread > 99 ? '99+' : unread}
              <span class="visually-hidden"> unread</span>
            </span>
          )}
        </span>
      </span>
    </>
  );
}

/** The line is short; the whole name stands in the conversation. */
function shortName({ display_name: name }: Author): string {
  return name.split(' ')[0] || name;
}
