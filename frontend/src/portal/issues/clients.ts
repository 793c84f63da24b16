import { roomsOf } from '../../chat/api.ts';
import type { Room } from '../../chat/types.ts';
import { type Resource, useResource } from '../resource.ts';

const mostRooms = 100;

/** The rooms of a project's clients that somebody reaches, by the clients' names. */
export function useClients(project: string): Resource<Room[]> {
  return useResource(`clients of ${project}`, async () => {
    const { items } = await roomsOf(project, '', mostRooms);
    return items.sort((a, b) => a.client.display_name.localeCompare(b.client.display_name, 'en'));
  });
}
