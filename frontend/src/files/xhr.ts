import { Problem } from '../shared/http.ts';
import type { PortalFile, Send, SendHandlers } from './types.ts';

/** Nothing moved for so long: the connection is dead, even if nobody said so. */
const stallMs = 60_000;

/** Uploads to a room; `fetch` cannot tell of the progress. The id makes a second attempt the same file. */
export function sendTo(room: string, isDraft: boolean): Send<File> {
  return (handlers) => {
    const { id, file, failed } = handlers;
    const query = new URLSearchParams({ id, ...(isDraft && { draft: 'true' }) });
    const request = new XMLHttpRequest();
    const lost = () => failed(new Problem(0, { title: 'The server cannot be reached' }));
    const watch = watchdog(() => {
      // Ends it silently; what it means is said here.
      request.onloadend = null;
      request.abort();
      lost();
    });
    request.open('POST', `/api/rooms/${encodeURIComponent(room)}/files?${query}`);
    request.setRequestHeader('Accept', 'application/json');
    request.upload.onprogress = ({ loaded, total }) => {
      watch.alive();
      // The form around the file counts too.
      handlers.progress(total > 0 ? Math.min(file.size, Math.round((loaded / total) * file.size)) : 0);
    };
    request.onloadend = () => {
      watch.end();
      if (request.status === 0) lost();
      else settle(request, handlers);
    };
    const form = new FormData();
    form.append('file', file, file.name);
    request.send(form);
    watch.alive();
    return () => {
      watch.end();
      request.onloadend = null;
      request.abort();
    };
  };
}

function settle(request: XMLHttpRequest, { done, failed }: SendHandlers<File>): void {
  const answer = parsed(request.responseText);
  if (request.status < 300 && answer) done(answer as unknown as PortalFile);
  else failed(new Problem(request.status, answer ?? {}));
}

function parsed(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function watchdog(bite: () => void) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return {
    alive() {
      clearTimeout(timer);
      timer = setTimeout(bite, stallMs);
    },
    end() {
      clearTimeout(timer);
    },
  };
}
