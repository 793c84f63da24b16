/** Answers already seen, by what was asked. */
export class Answers {
  readonly #seen = new Map<string, { value: unknown; turn: number }>();
  #turn = 0;
  /** What was asked up to this turn was asked by somebody who is gone. */
  #forgotten = 0;

  get(key: string): unknown {
    return this.#seen.get(key)?.value;
  }

  /** Asks, and keeps the answer, unless a later one is here or all was forgotten meanwhile. */
  async ask<Value>(key: string, load: () => Promise<Value>): Promise<Value> {
    this.#turn += 1;
    const turn = this.#turn;
    const value = await load();
    const latest = Math.max(this.#forgotten, this.#seen.get(key)?.turn ?? 0);
    if (turn > latest) this.#seen.set(key, { value, turn });
    return value;
  }

  forget(): void {
    this.#seen.clear();
    this.#forgotten = this.#turn;
  }
}
