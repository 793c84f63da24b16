import { type Signal, signal } from '@preact/signals-core';
import type { PortalFile } from '../files/types.ts';
import { Problem, reasonOf } from '../shared/http.ts';
import type { Kept, Message } from './types.ts';

/** `sent` lasts until the message is in the log: it must not vanish in between. */
export type UnsentState = 'waiting' | 'sending' | 'failed' | 'sent';

export interface Unsent {
  /** Made here, and the message's own: posting it twice is posting it once. */
  id: string;
  body: string;
  /** Uploaded before; what an older version of this page kept has none. */
  files?: readonly PortalFile[];
  written_at: string;
  state: UnsentState;
  /** Why it failed, in words for a person. */
  reason: string | null;
  /** Whether it failed for a reason that passes, so that it may be tried again unasked. */
  passing: boolean;
  /** Whether it may have arrived all the same: it went out, and the answer was lost. */
  unanswered?: boolean;
}

interface Parts {
  post(id: string, body: string, fileIds: readonly string[]): Promise<Message>;
  discardFile(id: string): Promise<void>;
  /** The server has it. */
  sent(message: Message): void;
  refused(problem: Problem): void;
  /** Whether the connection is thought to be good: then a failure is worth a word, else it was to be expected. */
  isUp(): boolean;
  /** Whether nothing can be reached: what is tried then does not go out. */
  isCutOff(): boolean;
  kept: Kept<Unsent[]>;
  newId(): string;
  now(): Date;
}

/** What one wrote into a room and the server does not have yet, in the order it was written. */
export class Outbox {
  readonly entries: Signal<readonly Unsent[]>;
  readonly #parts: Parts;
  #isSending = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    const left = parts.kept.read() ?? [];
    this.entries = signal(
      left.map((entry) => ({ ...entry, state: entry.state === 'failed' ? 'failed' : 'waiting' })),
    );
  }

  send(body: string, files: readonly PortalFile[] = []): void {
    const entry: Unsent = {
      id: this.#parts.newId(),
      body,
      files,
      written_at: this.#parts.now().toISOString(),
      state: 'waiting',
      reason: null,
      passing: false,
    };
    this.#set([...this.entries.value, entry]);
    this.flush();
  }

  retry(id: string): void {
    this.#change(id, { state: 'waiting', reason: null });
    this.flush();
  }

  discard(id: string): void {
    const { files = [] } = this.entries.value.find((entry) => entry.id === id) ?? {};
    // If the message arrived all the same, they are not taken back; what fails is swept on the server.
    for (const file of files) this.#parts.discardFile(file.id).catch(() => undefined);
    this.#set(this.entries.value.filter((entry) => entry.id !== id));
  }

  /** The connection is good, or worth a try: sends what waits, and what failed in passing. */
  flush(): void {
    for (const { id, state, passing } of this.entries.value) {
      if (state === 'failed' && passing) this.#change(id, { state: 'waiting', reason: null });
    }
    if (!this.#isSending) void this.#sendAll();
  }

  /** Lets go of what is in the log. */
  settle(isThere: (id: string) => boolean): void {
    const left = this.entries.value.filter(({ id }) => !isThere(id));
    if (left.length < this.entries.value.length) this.#set(left);
  }

  /** One after the other, so that they arrive in the order they were written. */
  async #sendAll(): Promise<void> {
    this.#isSending = true;
    try {
      for (let next = this.#next(); next; next = this.#next()) {
        if (!(await this.#sendOne(next))) return;
      }
    } finally {
      this.#isSending = false;
    }
  }

  #next(): Unsent | undefined {
    return this.entries.value.find(({ state }) => state === 'waiting');
  }

  /** Whether the next one may follow: not when this one is to be tried again before it. */
  async #sendOne({ id, body, files = [] }: Unsent): Promise<boolean> {
    this.#change(id, { state: 'sending', reason: null });
    const wentOut = !this.#parts.isCutOff();
    try {
      const fileIds = files.map((file) => file.id);
      const message = await this.#parts.post(id, body, fileIds);
      this.#change(id, { state: 'sent' });
      this.#parts.sent(message);
      return true;
    } catch (error) {
      const problem = error instanceof Problem ? error : new Problem(0);
      const passing = isPassing(problem.status);
      const state = passing && !this.#parts.isUp() ? 'waiting' : 'failed';
      const lost = wentOut && isLost(problem.status) ? { unanswered: true } : {};
      this.#change(id, { state, passing, reason: passing ? null : reasonOf(problem), ...lost });
      this.#parts.refused(problem);
      return !passing;
    }
  }

  #change(id: string, change: Partial<Unsent>): void {
    this.#set(this.entries.value.map((entry) => (entry.id === id ? { ...entry, ...change } : entry)));
  }

  #set(entries: readonly Unsent[]): void {
    this.entries.value = entries;
    const left = entries.filter(({ state }) => state !== 'sent');
    this.#parts.kept.write(left.length > 0 ? left : null);
  }
}

/** No answer of the portal itself: none at all, or that of what stands before it. */
function isLost(status: number): boolean {
  return status === 0 || status === 502 || status === 504;
}

function isPassing(status: number): boolean {
  return status === 0 || status === 401 || status === 429 || status >= 500;
}
