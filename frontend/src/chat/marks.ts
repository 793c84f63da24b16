import { type Signal, signal } from '@preact/signals-core';
import type { Reads, RoomWire } from './types.ts';

/** How far everybody in a room has read. Marks only ever move forward. */
export class ReadMarks {
  readonly all: Signal<Reads> = signal({});
  readonly own = signal(0);

  readonly #me: string;
  readonly #wire: Pick<RoomWire, 'read'>;
  #wanted = 0;
  #isSending = false;

  constructor(me: string, wire: Pick<RoomWire, 'read'>) {
    this.#me = me;
    this.#wire = wire;
  }

  hear(reads: Reads): void {
    const known = { ...this.all.value };
    for (const [id, number] of Object.entries(reads)) known[id] = Math.max(known[id] ?? 0, number);
    this.all.value = known;
    this.hearOwn(known[this.#me] ?? 0);
  }

  hearOwn(number: number): void {
    this.own.value = Math.max(this.own.value, number);
  }

  /** The person has read up to here. */
  move(upTo: number): void {
    if (upTo <= Math.max(this.own.value, this.#wanted)) return;
    this.#wanted = upTo;
    if (!this.#isSending) void this.#send();
  }

  /** One mark on its way at a time, and then the newest. */
  async #send(): Promise<void> {
    this.#isSending = true;
    try {
      while (this.#wanted > this.own.value) {
        const upTo = this.#wanted;
        await this.#wire.read(upTo);
        this.hearOwn(upTo);
      }
    } catch {
      // The next message, or the next look at the page, tries again.
      this.#wanted = this.own.value;
    } finally {
      this.#isSending = false;
    }
  }
}
