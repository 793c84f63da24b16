import { batch, computed, type ReadonlySignal, type Signal, signal } from '@preact/signals-core';
import { Problem } from '../shared/http.ts';

export interface Parts<Value, Change> {
  load(): Promise<Value>;
  /** Answers the value as it is then; undefined where the server only says that it is done. */
  send(change: Change): Promise<Value | undefined>;
  apply(value: Value, change: Change): Value;
  /** Whether a later change that has not been sent leaves nothing of an earlier one. */
  covers(later: Change, earlier: Change): boolean;
  /** Nobody is signed in any more. */
  signedOut(): void;
}

/** What could not be saved, and the way to try it again. */
export interface Failure<Change> {
  change: Change;
  problem: Problem;
  retry(): void;
}

interface Waiting<Change> {
  change: Change;
  settle(isSaved: boolean): void;
}

/**
 * What the server keeps for a person, changed at once on the screen and saved in the order of the changes. What could
 * not be saved is put back, and said.
 */
export class Kept<Value, Change> {
  /** With all changes on their way; null until it has been read. */
  readonly shown: ReadonlySignal<Value | null>;
  /** Why it could not be read. */
  readonly problem: Signal<Problem | null> = signal(null);
  readonly failure: Signal<Failure<Change> | null> = signal(null);

  readonly #parts: Parts<Value, Change>;
  readonly #true: Signal<Value | null> = signal(null);
  readonly #waiting: Signal<readonly Waiting<Change>[]> = signal([]);
  #isSending = false;
  /** Grows with each change: an answer read before it is older than what is known. */
  #changes = 0;

  constructor(parts: Parts<Value, Change>) {
    this.#parts = parts;
    const withWaiting = (value: Value, { change }: Waiting<Change>) => parts.apply(value, change);
    this.shown = computed(() => {
      const known = this.#true.value;
      return known === null ? null : this.#waiting.value.reduce(withWaiting, known);
    });
  }

  /** Reads it anew; a passing failure does not take away what is known. */
  async load(): Promise<void> {
    const before = this.#changes;
    try {
      const value = await this.#parts.load();
      if (before === this.#changes) this.#true.value = value;
      this.problem.value = null;
    } catch (error) {
      const problem = asProblem(error);
      if (problem.status === 401) this.#parts.signedOut();
      else if (this.#true.value === null) this.problem.value = problem;
    }
  }

  /** Answers whether it was saved. */
  change(change: Change): Promise<boolean> {
    return new Promise((settle) => {
      this.#changes += 1;
      this.failure.value = null;
      const waiting = this.#waiting.value;
      const sent = this.#isSending ? 1 : 0;
      const kept = waiting.filter((old, at) => at < sent || !this.#parts.covers(change, old.change));
      const covered = waiting.filter((old) => !kept.includes(old));
      const settleAll = (isSaved: boolean) => {
        for (const old of covered) old.settle(isSaved);
        settle(isSaved);
      };
      this.#waiting.value = [...kept, { change, settle: settleAll }];
      if (!this.#isSending) void this.#sendAll();
    });
  }

  async #sendAll(): Promise<void> {
    this.#isSending = true;
    for (;;) {
      const [first] = this.#waiting.value;
      if (first === undefined) break;
      await this.#send(first);
    }
    this.#isSending = false;
  }

  async #send({ change, settle }: Waiting<Change>): Promise<void> {
    let answer: Value | undefined;
    let problem: Problem | null = null;
    try {
      answer = await this.#parts.send(change);
    } catch (error) {
      problem = asProblem(error);
    }
    this.#changes += 1;
    batch(() => {
      const known = this.#true.value;
      if (!problem && known !== null) this.#true.value = answer ?? this.#parts.apply(known, change);
      this.#waiting.value = this.#waiting.value.slice(1);
      if (problem && problem.status !== 401) {
        this.failure.value = { change, problem, retry: () => void this.change(change) };
      }
    });
    if (problem?.status === 401) this.#parts.signedOut();
    settle(problem === null);
  }
}

function asProblem(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem(0);
}
