import { batch, computed, type ReadonlySignal, type Signal, signal } from '@preact/signals-core';
import type { Message, Range, RoomWire } from './types.ts';

export const pageSize = 50;
const catchUpSize = 100;
/** More than this is not read unasked: the newest is a button away, the rest comes as one scrolls. */
export const farBehind = 300;

export type Loading = 'idle' | 'loading' | 'failed';

/**
 * The messages of a room that are in hand: one stretch without gaps, which may end before the newest message.
 *
 * Messages never change and their numbers have no gaps, so the same message from a frame, a page or the answer to a
 * post is one message, and a hole is seen from the numbers alone.
 */
export class MessageLog {
  /** Oldest first, their numbers one after the other. */
  readonly messages: Signal<readonly Message[]> = signal([]);
  readonly state: Signal<'idle' | 'loading' | 'ready' | 'failed'> = signal('idle');
  readonly older: Signal<Loading> = signal('idle');
  readonly newer: Signal<Loading> = signal('idle');
  /** The room's newest number, as far as is known. */
  readonly newest = signal(0);
  /** Whether the stretch ends, or is about to end, with the newest message. */
  readonly follows = signal(true);
  readonly hasOlder: ReadonlySignal<boolean>;

  readonly #wire: Pick<RoomWire, 'messages'>;
  #catchingUp: Promise<void> | null = null;
  /** Counts what was chosen to be shown: the answer to an earlier choice is dropped. */
  #choices = 0;

  constructor(wire: Pick<RoomWire, 'messages'>) {
    this.#wire = wire;
    this.hasOlder = computed(() => (this.messages.value[0]?.number ?? 1) > 1);
  }

  /** Number of the last message in hand; what comes right after it fits. */
  get last(): number {
    return this.messages.value.at(-1)?.number ?? 0;
  }

  holds(number: number): boolean {
    const first = this.messages.value[0]?.number;
    return first !== undefined && first <= number && number <= this.last;
  }

  has(id: string): boolean {
    return this.messages.value.some((message) => message.id === id);
  }

  /** Shows the end of the conversation. */
  async showNewest(): Promise<void> {
    this.#choices += 1;
    if (this.state.value !== 'ready' || !this.follows.value) await this.#replace({ limit: pageSize }, true);
    await this.catchUp();
  }

  /** Shows the surroundings of one message, however deep in the past. */
  async showAround(number: number): Promise<void> {
    this.#choices += 1;
    if (this.state.value === 'ready' && this.holds(number)) return;
    await this.#replace({ before: number + pageSize / 2, limit: pageSize }, false);
  }

  async loadOlder(): Promise<void> {
    const before = this.messages.value[0]?.number ?? 1;
    if (before > 1) await this.#load(this.older, { before, limit: pageSize });
  }

  async loadNewer(): Promise<void> {
    if (this.follows.value) return;
    await this.#load(this.newer, { after: this.last, limit: pageSize });
    if (this.last >= this.newest.value) this.follows.value = true;
  }

  /** A message came, by whatever way. The answer says whether some before it are missing. */
  hear(message: Message): boolean {
    this.heardOf(message.number);
    if (this.state.value === 'ready' && this.follows.value) this.#extend([message]);
    return this.isBehind;
  }

  /** The room has at least so many messages. */
  heardOf(number: number): void {
    this.newest.value = Math.max(this.newest.value, number);
  }

  get isBehind(): boolean {
    return this.state.value === 'ready' && this.follows.value && this.last < this.newest.value;
  }

  /** Reads what is missing up to the newest message; frames that come meanwhile fit in or are read too. */
  async catchUp(): Promise<void> {
    this.#catchingUp ??= this.#readOn().finally(() => {
      this.#catchingUp = null;
    });
    return this.#catchingUp;
  }

  async #readOn(): Promise<void> {
    while (this.isBehind) {
      if (this.newest.value - this.last > farBehind) {
        this.follows.value = false;
        return;
      }
      const after = this.last;
      this.#extend(await this.#wire.messages({ after, limit: catchUpSize }));
      if (this.last === after) return;
    }
  }

  async #replace(range: Range, toEnd: boolean): Promise<void> {
    const choice = this.#choices;
    const had = this.state.value === 'ready';
    if (!had) this.state.value = 'loading';
    let page: Message[];
    try {
      page = await this.#wire.messages(range);
    } catch (error) {
      if (choice !== this.#choices) return;
      if (!had) this.state.value = 'failed';
      throw error;
    }
    if (choice !== this.#choices) return;
    batch(() => {
      this.messages.value = page;
      this.heardOf(this.last);
      this.follows.value = toEnd || this.last >= this.newest.value;
      this.state.value = 'ready';
      this.older.value = 'idle';
      this.newer.value = 'idle';
    });
  }

  async #load(progress: Signal<Loading>, range: Range): Promise<void> {
    if (progress.value === 'loading' || this.state.value !== 'ready') return;
    progress.value = 'loading';
    try {
      const page = await this.#wire.messages(range);
      batch(() => {
        this.#extend(page);
        progress.value = 'idle';
      });
    } catch {
      progress.value = 'failed';
    }
  }

  /** Takes of a page what fits on either end; the rest is there already, or belongs to another stretch. */
  #extend(page: readonly Message[]): void {
    const messages = this.messages.value;
    const first = messages[0]?.number ?? 1;
    const { last } = this;
    const older = page.filter(({ number }) => number < first);
    const newer = page.filter(({ number }) => number > last);
    const fitsBefore = older.length > 0 && older.at(-1)?.number === first - 1;
    const fitsAfter = newer[0]?.number === last + 1;
    if (!fitsBefore && !fitsAfter) return;
    batch(() => {
      this.messages.value = [...(fitsBefore ? older : []), ...messages, ...(fitsAfter ? newer : [])];
      this.heardOf(this.last);
    });
  }
}
