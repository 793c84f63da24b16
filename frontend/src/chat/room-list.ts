import { batch, type Signal, signal } from '@preact/signals-core';
import { Problem } from '../shared/http.ts';
import type { Page } from '../shared/page.ts';
import type { Loading } from './log.ts';
import type { Message, Room } from './types.ts';

type Read = (cursor: string) => Promise<Page<Room>>;

/** The rooms of a project, latest activity first. */
export class RoomList {
  /** Null until the first answer. */
  readonly rooms: Signal<readonly Room[] | null> = signal(null);
  readonly problem: Signal<Problem | null> = signal(null);
  readonly more: Signal<Loading> = signal('idle');
  readonly next: Signal<string | null> = signal(null);

  readonly #read: Read;
  #pages = 1;
  #refreshing: Promise<void> | null = null;
  #again = false;

  constructor(read: Read) {
    this.#read = read;
  }

  /** Reads anew what is loaded. A failure leaves what is there. */
  refresh(): Promise<void> {
    if (this.#refreshing) this.#again = true;
    this.#refreshing ??= this.#readAnew().finally(() => {
      this.#refreshing = null;
      if (!this.#again) return;
      this.#again = false;
      void this.refresh();
    });
    return this.#refreshing;
  }

  async loadMore(): Promise<void> {
    const cursor = this.next.value;
    if (cursor === null || this.more.value === 'loading') return;
    this.more.value = 'loading';
    try {
      const page = await this.#read(cursor);
      if (this.next.value !== cursor) return;
      this.#pages += 1;
      batch(() => {
        this.#set([...(this.rooms.value ?? []), ...page.items]);
        this.next.value = page.next_cursor;
        this.more.value = 'idle';
      });
    } catch {
      this.more.value = 'failed';
    }
  }

  /** A message came in a room that is open. */
  hear(message: Message): void {
    const rooms = this.rooms.value ?? [];
    const room = rooms.find(({ id }) => id === message.room_id);
    if (!room || room.last_number >= message.number) return;
    const heard = {
      ...room,
      last_number: message.number,
      last_message: { ...message, file_count: message.files.length },
      active_at: message.created_at,
    };
    this.#set([heard, ...rooms]);
  }

  async #readAnew(): Promise<void> {
    try {
      let page = await this.#read('');
      const rooms = [...page.items];
      for (let read = 1; read < this.#pages && page.next_cursor !== null; read += 1) {
        page = await this.#read(page.next_cursor);
        rooms.push(...page.items);
      }
      batch(() => {
        this.#set(rooms.map((room) => this.#newerOf(room)));
        this.next.value = page.next_cursor;
        this.more.value = 'idle';
        this.problem.value = null;
      });
    } catch (error) {
      this.problem.value = error instanceof Problem ? error : new Problem(0);
    }
  }

  /** An answer may be older than what a socket said since. */
  #newerOf(room: Room): Room {
    const known = this.rooms.value?.find(({ id }) => id === room.id);
    return known && known.last_number > room.last_number ? known : room;
  }

  #set(rooms: readonly Room[]): void {
    const first = new Map<string, Room>();
    for (const room of rooms) if (!first.has(room.id)) first.set(room.id, room);
    this.rooms.value = [...first.values()].sort((a, b) => Date.parse(b.active_at) - Date.parse(a.active_at));
  }
}
