import { discard } from '../files/api.ts';
import { call } from '../shared/http.ts';
import type { Page } from '../shared/page.ts';
import type { Message, Range, Room, RoomWire, RoomWithPeople } from './types.ts';

const idOf = encodeURIComponent;

/** The rooms of a project that one reaches, latest activity first. */
export const roomsOf = (project: string, cursor = '', limit = 50) =>
  call<Page<Room>>(
    `/api/projects/${idOf(project)}/rooms?${new URLSearchParams({ cursor, limit: `${limit}` })}`,
  );

export const message = (id: string) => call<Message>(`/api/messages/${idOf(id)}`);

export function roomWire(room: string): RoomWire {
  const root = `/api/rooms/${idOf(room)}`;
  return {
    room() {
      return call<RoomWithPeople>(root);
    },
    async messages(range: Range) {
      const query = Object.entries(range).map(([name, value]): [string, string] => [name, `${value}`]);
      const page = await call<Page<Message>>(`${root}/messages?${new URLSearchParams(query)}`);
      return page.items.reverse();
    },
    post(id, body, fileIds) {
      const message = { id, body, file_ids: fileIds };
      return call<Message>(`${root}/messages`, { method: 'POST', body: message, keepalive: true });
    },
    discardFile: discard,
    read(upTo) {
      return call<void>(`${root}/read`, { method: 'POST', body: { up_to: upTo }, keepalive: true });
    },
    opened() {
      return call<void>(`${root}/opened`, { method: 'POST' });
    },
  };
}
