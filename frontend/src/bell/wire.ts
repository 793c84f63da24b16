import { eventParser } from '../inbox/sse.ts';
import type { Frame, OpenStream, StreamHandlers, Wire } from '../inbox/types.ts';
import { authorization, call, credentials } from '../shared/http.ts';

export interface Access {
  /** Origin of the portal, empty for the page's own. */
  api: string;
  /** Read at every call: a page may renew it. */
  token(): string | undefined;
}

export function httpWire({ api, token }: Access): Wire {
  const root = `${api}/api/notifications`;
  return {
    list({ cursor = '', unread }) {
      const query = new URLSearchParams({ cursor, ...(unread ? { unread: 'true' } : {}) });
      return call(`${root}?${query}`, { token: token() });
    },
    async unreadCount() {
      const { count } = await call<{ count: number }>(`${root}/unread_count`, { token: token() });
      return count;
    },
    markRead(id) {
      return call(`${root}/${encodeURIComponent(id)}/read`, {
        method: 'POST',
        token: token(),
        keepalive: true,
      });
    },
    markAllRead() {
      return call(`${root}/read_all`, { method: 'POST', token: token(), keepalive: true });
    },
  };
}

/** Whether the person has a page before them; who looks needs no e-mail. It is a help: where it fails, one comes. */
export function tellSight({ api, token }: Access): (isSeen: boolean) => void {
  return (isSeen) => {
    const method = isSeen ? 'POST' : 'DELETE';
    call(`${api}/api/notifications/visible`, { method, token: token(), keepalive: true }).catch(() => {});
  };
}

/**
 * The stream, over fetch with a token and with the cookie alike: the browser's own EventSource sends no headers, and
 * hides the status of a refusal and the comments that tell a quiet stream from a dead one.
 */
export function httpStream({ api, token }: Access): OpenStream {
  return (handlers) => {
    const stop = new AbortController();
    const end = (status?: number) => {
      // Closed by its owner, who knows.
      if (!stop.signal.aborted) handlers.end(status);
    };
    fetch(`${api}/api/notifications/stream`, {
      headers: { Accept: 'text/event-stream', ...authorization(token()) },
      credentials: credentials(token()),
      cache: 'no-store',
      signal: stop.signal,
    })
      .then(async (response) => {
        if (!response.ok || !response.body) return end(response.status);
        await readFrames(response.body, handlers);
        end();
      })
      .catch(() => end());
    return () => stop.abort();
  };
}

async function readFrames(body: ReadableStream<Uint8Array>, handlers: StreamHandlers): Promise<void> {
  const parse = eventParser((event, data) => handlers.frame({ ...JSON.parse(data), event } as Frame));
  const text = new TextDecoder();
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    handlers.alive();
    parse(text.decode(value, { stream: true }));
  }
}
