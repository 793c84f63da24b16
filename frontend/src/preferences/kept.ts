import { batch, computed, type ReadonlySignal, type Signal, signal } from '@preact/signals-core';
import { Problem } from '../shared/http.ts';

export interface Parts<Value, Change> {
  load(): Promise<Value>;
  /** Answers the value as it is then; undefined where the server only says that it is done. */
  send(change: Change): Promise<Value | undefined>;
  apply(value: Value, change: Change): Value;
  /** What is left of an earlier change once a later one is made; null if nothing is. */
  remainder(earlier: Change, later: Change): Change | null;
  /** Nobody is signed in any more. */
  signedOut(): void;
}

/** What could not be saved, and why. */
export interface Failure<Change> {
  change: Change;
  problem: Problem;
}

interface Waiting<Change> {
  change: Change;
  /** Whether it is said when it could not be saved. */
  isSaid: boolean;
  settle(isSaved: boolean): void;
}

/**
 * What the server keeps for a person, changed at once on the screen and saved in the order of the changes. What could
 * not be saved is put back, and said until it is tried again or something else is chosen in its place.
 */
export class Kept<Value, Change> {
  /** With all changes on their way; null until it has been read. */
  readonly shown: ReadonlySignal<Value | null>;
  /** Why it could not be read. */
  readonly problem: Signal<Problem | null> = signal(null);
  /** What could not be saved, the earliest first; no two of the same thing. */
  readonly failures: Signal<readonly Failure<Change>[]> = signal([]);

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
      // What was changed before it was known: only the next answer says what became of it.
      if (before !== this.#changes && this.#true.value === null) return await this.load();
      if (before === this.#changes) this.#true.value = value;
      this.problem.value = null;
    } catch (error) {
      const problem = asProblem(error);
      if (problem.status === 401) this.#parts.signedOut();
      else if (this.#true.value === null) this.problem.value = problem;
    }
  }

  /** Answers whether it was saved; `isSaid`: if not, that is a failure to be shown. */
  change(change: Change, isSaid = true): Promise<boolean> {
    return new Promise((settle) => {
      this.#changes += 1;
      this.failures.value = this.failures.value.flatMap((failure) => {
        const left = this.#parts.remainder(failure.change, change);
        return left === null ? [] : [{ ...failure, change: left }];
      });
      const waiting = this.#waiting.value;
      const sent = this.#isSending ? 1 : 0;
      const kept = waiting.filter(
        (old, at) => at < sent || this.#parts.remainder(old.change, change) !== null,
      );
      const covered = waiting.filter((old) => !kept.includes(old));
      const settleAll = (isSaved: boolean) => {
        for (const old of covered) old.settle(isSaved);
        settle(isSaved);
      };
      this.#waiting.value = [...kept, { change, isSaid, settle: settleAll }];
      if (!this.#isSending) void this.#sendAll();
    });
  }

  /** Makes these changes once more. */
  retry(failures: readonly Failure<Change>[]): void {
    for (const { change } of failures) void this.change(change);
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

  async #send({ change, isSaid, settle }: Waiting<Change>): Promise<void> {
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
      if (problem && problem.status !== 401 && isSaid) this.#failed(change, problem);
    });
    if (problem?.status === 401) this.#parts.signedOut();
    settle(problem === null);
  }

  #failed(change: Change, problem: Problem): void {
    // What is on its way in its place may still succeed.
    const left = this.#waiting.value.reduce<Change | null>(
      (rest, later) => rest && this.#parts.remainder(rest, later.change),
      change,
    );
    if (left !== null) this.failures.value = [...this.failures.value, { change: left, problem }];
  }
}

function asProblem(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem(0);
}
