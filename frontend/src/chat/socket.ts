import type { OpenSocket } from './types.ts';

/** The socket of a room. */
export function roomSocket(room: string): OpenSocket {
  return socketAt(`/api/rooms/${encodeURIComponent(room)}/ws`);
}

/** A socket at the page's own origin and with its cookie. */
export function socketAt<Heard>(path: string): OpenSocket<Heard> {
  return (handlers) => {
    const url = new URL(path, location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = new WebSocket(url);
    const stop = new AbortController();
    const { signal } = stop;
    socket.addEventListener('message', ({ data }) => handlers.frame(frameOf(data)), { signal });
    socket.addEventListener('close', () => handlers.end(), { signal });
    return {
      typing() {
        if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ event: 'typing' }));
      },
      close() {
        stop.abort();
        socket.close();
      },
    };
  };
}

function frameOf<Heard>(text: string): Heard {
  const { event, data } = JSON.parse(text) as { event: string; data: object };
  return { ...data, event } as Heard;
}
