import { signal } from '@preact/signals-core';
import { Problem } from './http.ts';
import type { Page } from './page.ts';

export interface View<Item> {
  items: readonly Item[];
  /** `failed` only while there is nothing to show: a passing failure leaves the items and sets `problem`. */
  status: 'loading' | 'ready' | 'failed';
  more: 'idle' | 'loading' | 'failed';
  next: string | null;
  problem: Problem | null;
}

export interface Source<Item> {
  load: (cursor: string, limit: number) => Promise<Page<Item>>;
  idOf: (item: Item) => string;
  /** The server no longer knows who asks. */
  onSignedOut: () => void;
}

const pageSize = 50;
/** The most that one answer holds. */
const largestPage = 100;

/** One list of the server's, read page by page and read anew without losing the place in it. */
export class Listing<Item> {
  readonly view = signal<View<Item>>({
    items: [],
    status: 'loading',
    more: 'idle',
    next: null,
    problem: null,
  });
  readonly #source: Source<Item>;
  /** Counts the readings from the top: an answer to what was asked before the last of them is dropped. */
  #turn = 0;

  constructor(source: Source<Item>) {
    this.#source = source;
  }

  /** Reads from the top, as many as are shown; what stands below one answer's most stays. */
  async refresh(): Promise<void> {
    this.#turn += 1;
    const turn = this.#turn;
    const before = this.view.value;
    const limit = Math.min(largestPage, Math.max(pageSize, before.items.length));
    this.#change({
      more: 'idle',
      ...(before.status === 'failed' ? { status: 'loading', problem: null } : {}),
    });
    const page = await this.#ask('', limit, turn);
    if (!page) return;
    if (page instanceof Problem) {
      this.#change({ status: before.items.length > 0 ? 'ready' : 'failed', problem: page });
      return;
    }
    // A further page may have come meanwhile.
    const { items, next } = this.view.value;
    const tail = page.next_cursor === null ? [] : this.#after(items, page.items);
    this.#change({
      items: [...page.items, ...tail],
      next: tail.length > 0 ? next : page.next_cursor,
      status: 'ready',
      problem: null,
    });
  }

  /** Reads the next page. Does nothing while one is being read, or when there is none. */
  async loadMore(): Promise<void> {
    const { next, more } = this.view.value;
    if (next === null || more === 'loading') return;
    const turn = this.#turn;
    this.#change({ more: 'loading' });
    const page = await this.#ask(next, pageSize, turn);
    if (!page) return;
    const { items, next: end } = this.view.value;
    if (end !== next) {
      // The list was read anew meanwhile, and goes on elsewhere.
      this.#change({ more: 'idle' });
      return;
    }
    if (page instanceof Problem) {
      this.#change({ more: 'failed' });
      return;
    }
    const known = new Set(items.map(this.#source.idOf));
    const fresh = page.items.filter((item) => !known.has(this.#source.idOf(item)));
    this.#change({ items: [...items, ...fresh], next: page.next_cursor, more: 'idle', problem: null });
  }

  /** `undefined` for an answer that nobody waits for any more. */
  async #ask(cursor: string, limit: number, turn: number): Promise<Page<Item> | Problem | undefined> {
    try {
      const page = await this.#source.load(cursor, limit);
      return turn === this.#turn ? page : undefined;
    } catch (error) {
      if (turn !== this.#turn) return undefined;
      const problem = error instanceof Problem ? error : new Problem(0);
      if (problem.status === 401) this.#source.onSignedOut();
      return problem;
    }
  }

  /** What stood below the last of these; nothing when that one was not in the list. */
  #after(before: readonly Item[], page: readonly Item[]): Item[] {
    const { idOf } = this.#source;
    const last = page.at(-1);
    const at = last ? before.findIndex((item) => idOf(item) === idOf(last)) : -1;
    if (at < 0) return [];
    const fresh = new Set(page.map(idOf));
    return before.slice(at + 1).filter((item) => !fresh.has(idOf(item)));
  }

  #change(change: Partial<View<Item>>): void {
    this.view.value = { ...this.view.value, ...change };
  }
}
