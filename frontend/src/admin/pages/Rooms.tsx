import { MessagesSquare, SearchX } from 'lucide';
import { snippetOf } from '../../chat/words.ts';
import { Page } from '../../portal/Shell.tsx';
import { useFilters } from '../../portal/ui/filters.ts';
import { Listed, useListing } from '../../portal/ui/Listed.tsx';
import { SearchField } from '../../portal/ui/SearchField.tsx';
import { TimeAgo } from '../../shared/time.tsx';
import * as api from '../api.ts';
import { Face } from '../people.tsx';
import { counted } from '../words.ts';

export function RoomsPage() {
  const [filters, change] = useFilters('q');
  const listing = useListing(
    `rooms ${JSON.stringify(filters)}`,
    (cursor, limit) => api.rooms(filters, cursor, limit),
    (room) => room.id,
  );
  return (
    <Page title="Rooms" lead="Every private chat, the latest activity first.">
      <div class="filters">
        <SearchField
          label="Search rooms"
          placeholder="Client or project"
          value={filters.q}
          search={(q) => change({ q })}
        />
      </div>
      <Listed
        listing={listing}
        count={(shown, hasMore) => `${counted(shown, 'room')} shown${hasMore ? ', there are more' : ''}`}
        empty={
          filters.q
            ? { icon: SearchX, heading: 'Nothing found', text: 'No room of such a client or project.' }
            : {
                icon: MessagesSquare,
                heading: 'No rooms yet',
                text: 'A room opens as soon as a client is put into a project.',
              }
        }
      >
        {(rooms) => (
          <ul class="rows">
            {rooms.map((room) => (
              <RoomRow key={room.id} room={room} />
            ))}
          </ul>
        )}
      </Listed>
    </Page>
  );
}

/** Inside a project's own page its name need not be said again. */
export function RoomRow({ room, inProject = false }: { room: api.Room; inProject?: boolean }) {
  const { client, last_message: last } = room;
  return (
    <li>
      <a
        class="row room-row"
        href={`/projects/${room.project_id}/messages?${new URLSearchParams({ room: room.id })}`}
      >
        <Face id={client.id} name={client.display_name} isActive={room.is_open} />
        <span class="row-main">
          <span class="room-head">
            <strong class="two-lines" dir="auto" title={client.display_name}>
              {client.display_name}
            </strong>
            {!inProject && <span class="room-project">{room.project_name}</span>}
            {!room.is_open && <span class="badge off">Closed</span>}
            <span class="room-time">
              <TimeAgo iso={room.active_at} />
            </span>
          </span>
          <span class="room-last">
            <span class="row-snippet one-line">
              {last ? (
                <>
                  <bdi>{last.author.display_name}</bdi>: <bdi>{snippetOf(last)}</bdi>
                </>
              ) : (
                'Nothing written yet'
              )}
            </span>
            {room.unread_count > 0 && (
              <span class="count">
                {room.unread_count > 99 ? '99+' : room.unread_count}
                <span class="visually-hidden"> unread</span>
              </span>
            )}
          </span>
        </span>
      </a>
    </li>
  );
}
