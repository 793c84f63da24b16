import { fileOf } from '../../files/testing/world.ts';
import { FakeClock, settled } from '../../inbox/testing/world.ts';
import { Problem } from '../../shared/http.ts';
import { RoomStore } from '../room.ts';
import type { Frame, Kept, Message, Range, RoomWire, RoomWithPeople, SocketHandlers } from '../types.ts';

export const me = 'me';
export const other = 'other';

/** A room on a server that behaves, unless a test holds its answers back, lets them fail, or loses frames. */
export class FakeRoom implements RoomWire {
  rows: Message[] = [];
  calls: string[] = [];
  failing: { status: number; only?: string } | null = null;
  /** Posts that are written and whose answer is lost. */
  losingAnswers = false;
  /** Frames that go nowhere, though the sockets look open. */
  losingFrames = false;
  isOpen = true;
  reads: Record<string, number> = { [me]: 0, [other]: 0 };
  sockets: { handlers: SocketHandlers; closed: boolean; typed: number }[] = [];
  refusing = false;
  /** Sockets open, and nothing comes. */
  silent = false;
  #held: (() => void)[] | null = null;

  /** Writes messages, by another person unless said otherwise, and tells the open sockets. */
  write(count: number, author = other): Message[] {
    const written: Message[] = [];
    for (let made = 0; made < count; made += 1) written.push(this.#write(`m${this.rows.length + 1}`, author));
    return written;
  }

  hold(): void {
    this.#held = [];
  }

  /** Lets the answers go, the last one first if they are to overtake each other. */
  async release(order: 'asked' | 'reversed' = 'asked'): Promise<void> {
    const held = this.#held ?? [];
    this.#held = null;
    if (order === 'reversed') held.reverse();
    for (const answer of held) answer();
    await settled();
  }

  readonly open = (handlers: SocketHandlers) => {
    const socket = { handlers, closed: false, typed: 0 };
    this.sockets.push(socket);
    if (this.refusing) queueMicrotask(() => !socket.closed && handlers.end());
    else if (!this.silent) queueMicrotask(() => !socket.closed && handlers.frame(this.#ready()));
    return {
      typing: () => {
        socket.typed += 1;
      },
      close: () => {
        socket.closed = true;
      },
    };
  };

  get openSockets(): number {
    return this.sockets.filter(({ closed }) => !closed).length;
  }

  get typed(): number {
    return this.sockets.reduce((sum, { typed }) => sum + typed, 0);
  }

  tell(frame: Frame): void {
    if (this.losingFrames) return;
    for (const { handlers, closed } of this.sockets) if (!closed) handlers.frame(frame);
  }

  /** Every socket breaks off. */
  breakOff(): void {
    for (const { handlers, closed } of this.sockets) if (!closed) handlers.end();
  }

  room(): Promise<RoomWithPeople> {
    return this.#answer('room', () => ({
      id: 'room',
      project_id: 'project',
      project_name: 'Harbour House',
      client: { id: other, display_name: 'Clara' },
      is_open: this.isOpen,
      unread_count: this.rows.length - (this.reads[me] ?? 0),
      last_number: this.rows.length,
      active_at: at(this.rows.length),
      last_message: null,
      people: [me, other].map((id) => ({
        id,
        display_name: id,
        role: null,
        read_number: this.reads[id] ?? 0,
        is_online: false,
      })),
    }));
  }

  messages({ before, after, limit }: Range): Promise<Message[]> {
    const name = after === undefined ? `before ${before ?? 'end'}` : `after ${after}`;
    return this.#answer(name, () => {
      if (after !== undefined) return this.rows.slice(after, after + limit);
      const end = Math.min(this.rows.length, (before ?? this.rows.length + 1) - 1);
      return this.rows.slice(Math.max(0, end - limit), end);
    });
  }

  opened(): Promise<void> {
    return this.#answer('opened', () => undefined);
  }

  async post(id: string, body: string, fileIds: readonly string[]): Promise<Message> {
    return this.#answer('post', () => {
      if (!this.isOpen)
        throw new Problem(409, { type: 'room-closed', detail: 'The conversation is closed.' });
      const message = this.rows.find((row) => row.id === id) ?? this.#write(id, me, body, fileIds);
      if (this.losingAnswers) throw new Problem(0);
      return message;
    });
  }

  read(upTo: number): Promise<void> {
    return this.#answer(`read ${upTo}`, () => {
      this.reads[me] = upTo;
      this.tell({ event: 'read', user_id: me, up_to: upTo });
    });
  }

  discardFile(id: string): Promise<void> {
    return this.#answer(`discard ${id}`, () => undefined);
  }

  #write(
    id: string,
    author: string,
    body = `Message ${this.rows.length + 1}`,
    fileIds: readonly string[] = [],
  ): Message {
    const number = this.rows.length + 1;
    const message: Message = {
      id,
      room_id: 'room',
      project_id: 'project',
      number,
      author: { id: author, display_name: author },
      body,
      files: fileIds.map((file) => fileOf(file, at(number))),
      created_at: at(number),
    };
    this.rows.push(message);
    this.tell({ event: 'message', message });
    return message;
  }

  #ready(): Frame {
    return {
      event: 'ready',
      room_id: 'room',
      last_number: this.rows.length,
      online: [],
      reads: { ...this.reads },
    };
  }

  #answer<Answer>(name: string, make: () => Answer): Promise<Answer> {
    this.calls.push(name);
    const failing = this.failing;
    if (failing && (failing.only === undefined || name.startsWith(failing.only))) {
      return Promise.reject(new Problem(failing.status));
    }
    return new Promise((resolve, reject) => {
      const answer = () => {
        try {
          resolve(make());
        } catch (error) {
          reject(error);
        }
      };
      if (this.#held) this.#held.push(answer);
      else answer();
    });
  }
}

/** What a browser keeps across a reload. */
export class FakeKept<Value> implements Kept<Value> {
  #text: string | null = null;

  read(): Value | null {
    return this.#text === null ? null : (JSON.parse(this.#text) as Value);
  }

  write(value: Value | null): void {
    this.#text = value === null ? null : JSON.stringify(value);
  }
}

/** A person in front of one room. */
export class Person {
  readonly server: FakeRoom;
  readonly clock = new FakeClock();
  readonly unsent = new FakeKept<never>();
  /** Whether the page is in front of them. */
  isLooking = true;
  store: RoomStore;
  #ids = 0;

  constructor(server: FakeRoom) {
    this.server = server;
    this.store = this.#newStore();
  }

  async enter(focus: number | null = null): Promise<RoomStore> {
    void this.store.enter(focus);
    await settled();
    await settled();
    return this.store;
  }

  reload(): void {
    this.store.leave();
    this.store = this.#newStore();
  }

  get numbers(): number[] {
    return this.store.log.messages.value.map(({ number }) => number);
  }

  #newStore(): RoomStore {
    const { server, clock, unsent } = this;
    return new RoomStore({
      me,
      wire: server,
      open: server.open,
      clock,
      unsent,
      isLooking: () => this.isLooking,
      newId: () => {
        this.#ids += 1;
        return `own${this.#ids}`;
      },
    });
  }
}

export function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function at(number: number): string {
  return new Date(Date.UTC(2026, 10, 20, 12, 0, number)).toISOString();
}
