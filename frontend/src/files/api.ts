import { call } from '../shared/http.ts';
import type { FilePage, PortalFile } from './types.ts';

const idOf = encodeURIComponent;

export const pageSize = 50;

/** The shared files of a project that one reaches, newest first; of one room when it is named. */
export const filesOf = (project: string, room: string, cursor = '', limit = pageSize) =>
  call<FilePage>(
    `/api/projects/${idOf(project)}/files?${new URLSearchParams({
      ...(room && { room_id: room }),
      cursor,
      limit: `${limit}`,
    })}`,
  );

export const file = (id: string) => call<PortalFile>(`${root(id)}/meta`);

/** Takes back a file that was not shared yet. */
export const discard = (id: string) => call<void>(root(id), { method: 'DELETE', keepalive: true });

/** Shows it, where a browser may show such a file safely. */
export const openUrl = (id: string) => root(id);
export const downloadUrl = (id: string) => `${root(id)}?download=1`;
export const thumbnailUrl = (id: string) => `${root(id)}/thumbnail`;

function root(id: string): string {
  return `/api/files/${idOf(id)}`;
}
