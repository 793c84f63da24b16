import { type Signal, signal } from '@preact/signals-core';
import type { Clock } from '../inbox/types.ts';

export const sayEveryMs = 3_000;
export const shownForMs = 6_000;
/** What is heard of an author so soon after their message was said before it. */
const doneForMs = 1_000;
/** Right after a message the others would take it for something said before. */
const quietForMs = 1_200;

/** Who is typing in a room, and telling the others that one is. */
export class Typing {
  /** Display names by user id, in the order they began. */
  readonly others: Signal<ReadonlyMap<string, string>> = signal(new Map());

  readonly #clock: Clock;
  /** Whether it could be said. */
  readonly #say: () => boolean;
  readonly #ends = new Map<string, () => void>();
  readonly #wroteAt = new Map<string, number>();
  /** When one may say again that one types. */
  #mayAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, say: () => boolean) {
    this.#clock = clock;
    this.#say = say;
  }

  /** A key was pressed in the composer. */
  pressed(): void {
    const now = this.#clock.now();
    if (now < this.#mayAt) return;
    if (this.#say()) this.#mayAt = now + sayEveryMs;
  }

  /** What was being typed is sent: typing on is typing anew. */
  sent(): void {
    this.#mayAt = this.#clock.now() + quietForMs;
  }

  hear(id: string, name: string): void {
    if (this.#clock.now() - (this.#wroteAt.get(id) ?? Number.NEGATIVE_INFINITY) < doneForMs) return;
    this.#ends.get(id)?.();
    this.#ends.set(
      id,
      this.#clock.after(shownForMs, () => this.stopped(id)),
    );
    if (!this.others.value.has(id)) this.others.value = new Map(this.others.value).set(id, name);
  }

  /** A message of theirs came: it is what they were typing. */
  wrote(id: string): void {
    this.#wroteAt.set(id, this.#clock.now());
    this.stopped(id);
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
