import { type Signal, signal } from '@preact/signals-core';
import type { Clock } from '../inbox/types.ts';

export const sayEveryMs = 3_000;
export const shownForMs = 6_000;

/** Who is typing in a room, and telling the others that one is. */
export class Typing {
  /** Display names by user id, in the order they began. */
  readonly others: Signal<ReadonlyMap<string, string>> = signal(new Map());

  readonly #clock: Clock;
  readonly #say: () => void;
  readonly #ends = new Map<string, () => void>();
  #saidAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, say: () => void) {
    this.#clock = clock;
    this.#say = say;
  }

  /** A key was pressed in the composer. */
  pressed(): void {
    if (this.#clock.now() - this.#saidAt < sayEveryMs) return;
    this.#saidAt = this.#clock.now();
    this.#say();
  }

  hear(id: string, name: string): void {
    this.#ends.get(id)?.();
    this.#ends.set(
      id,
      this.#clock.after(shownForMs, () => this.stopped(id)),
    );
    if (!this.others.value.has(id)) this.others.value = new Map(this.others.value).set(id, name);
  }

  stopped(id: string): void {
    this.#ends.get(id)?.();
    this.#ends.delete(id);
    if (!this.others.value.has(id)) return;
    const others = new Map(this.others.value);
    others.delete(id);
    this.others.value = others;
  }

  clear(): void {
    for (const id of [...this.#ends.keys()]) this.stopped(id);
  }
}
