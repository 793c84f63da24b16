import { signal } from '@preact/signals-core';
import type { Clock } from '../inbox/types.ts';

/** A connection that comes back at once is not worth a word. */
export const patienceMs = 4_000;
/** The first moment of a network is often too early for an answer. */
export const againMs = 3_000;

/** Whether the portal is within reach, as the browser and the live links of the page tell; and when it is again. */
export class Connection {
  /** Out of reach for so long that what is on the page may be old. */
  readonly isDown = signal(false);

  readonly #clock: Clock;
  readonly #lost = new Set<unknown>();
  readonly #waiting = new Set<() => void>();
  #cancelWord: (() => void) | null = null;
  #cancelAgain: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  lost(by: unknown): void {
    if (this.#lost.size === 0) {
      this.#cancelWord = this.#clock.after(patienceMs, () => {
        this.isDown.value = true;
      });
    }
    this.#lost.add(by);
  }

  /** It is there again for this one. */
  found(by: unknown): void {
    if (!this.#lost.has(by)) return;
    this.forget(by);
    this.#tell();
    this.#cancelAgain?.();
    this.#cancelAgain = this.#clock.after(againMs, () => this.#tell());
  }

  /** Nobody asks any more whether it is there for this one. */
  forget(by: unknown): void {
    this.#lost.delete(by);
    if (this.#lost.size > 0) return;
    this.#cancelWord?.();
    this.isDown.value = false;
  }

  /** Tries again what failed, whenever it may succeed; the answer ends that. */
  retry(run: () => void): () => void {
    this.#waiting.add(run);
    return () => void this.#waiting.delete(run);
  }

  #tell(): void {
    for (const run of [...this.#waiting]) run();
  }
}
