import { computed, type ReadonlySignal, type Signal, signal } from '@preact/signals-core';
import type { Kept } from '../chat/types.ts';
import { Problem } from '../shared/http.ts';
import type { Turns } from './queue.ts';
import type { LocalFile, PortalFile, Send } from './types.ts';
import { failureText, isPassing } from './words.ts';

/** As the server has it: more cannot be attached to one thing. */
export const mostAttached = 10;

type UploadState = 'waiting' | 'sending' | 'done' | 'failed';

export interface Upload {
  /** Made here, and the file's own: sending it twice is sending it once. */
  id: string;
  name: string;
  size: number;
  /** Bytes that have gone out. */
  sent: number;
  state: UploadState;
  /** Why it failed, in words for a person. */
  reason: string | null;
  canRetry: boolean;
  /** As the server has it, when it is done. */
  file: PortalFile | null;
}

export interface UploadParts<Local extends LocalFile> {
  send: Send<Local>;
  turns: Turns;
  newId(): string;
  /** How many may be here at once. */
  most?: number;
  /** What is done but not used yet, over a reload of the page. */
  kept?: Kept<PortalFile[]>;
  /** Takes a finished one back from the server. */
  discard?(id: string): Promise<void>;
  /** One is done, and no longer kept here. */
  done?(file: PortalFile): void;
  /** Nobody is signed in any more. */
  signedOut?(): void;
}

/** Files on their way to one place: a room, or a message or issue that is being written. */
export class Uploads<Local extends LocalFile = File> {
  readonly entries: Signal<readonly Upload[]>;
  /** Why the last choice was not taken whole. */
  readonly refusal: Signal<string | null> = signal(null);
  readonly isBusy: ReadonlySignal<boolean>;
  readonly hasFailed: ReadonlySignal<boolean>;
  /** What was not uploaded, in the order it was chosen. */
  readonly failed: ReadonlySignal<readonly Upload[]>;
  /** What is done and in hand, in the order it was chosen. */
  readonly files: ReadonlySignal<readonly PortalFile[]>;

  readonly #parts: UploadParts<Local>;
  readonly #sources = new Map<string, Local>();
  readonly #stops = new Map<string, () => void>();

  constructor(parts: UploadParts<Local>) {
    this.#parts = parts;
    this.entries = signal((parts.kept?.read() ?? []).map(finished));
    this.isBusy = computed(() => this.entries.value.some(isOnItsWay));
    this.failed = computed(() => this.entries.value.filter(({ state }) => state === 'failed'));
    this.hasFailed = computed(() => this.failed.value.length > 0);
    this.files = computed(() => this.entries.value.flatMap(({ file }) => (file ? [file] : [])));
  }

  add(files: Iterable<Local>): void {
    const chosen = [...files];
    const room = Math.max(0, (this.#parts.most ?? Number.POSITIVE_INFINITY) - this.entries.value.length);
    const taken = chosen.slice(0, room);
    this.refusal.value =
      taken.length < chosen.length ? `At most ${this.#parts.most} files can be attached at once.` : null;
    for (const file of taken) this.#add(file);
  }

  retry(id: string): void {
    if (this.#find(id)?.state === 'failed') this.#start(id);
  }

  /** Ends one that is on its way, lets go of one that failed, takes back one that is done. */
  remove(id: string): void {
    const { sent, size } = this.#find(id) ?? { sent: 0, size: 1 };
    this.#forget([id]);
    // All of it went out, so it may be there; what stays behind is swept there.
    if (sent >= size) this.#parts.discard?.(id).catch(() => undefined);
  }

  /** Lets go of all that cannot succeed. */
  dismiss(): void {
    for (const { id } of refused(this.failed.value)) this.remove(id);
  }

  /** What is done was used: it belongs to a message now. */
  used(): void {
    this.#forget(this.files.value.map(({ id }) => id));
    this.refusal.value = null;
  }

  /** Another tab used or took back some of what is done, or has more. */
  reread(): void {
    const kept = this.#parts.kept?.read() ?? [];
    const known = new Set(kept.map(({ id }) => id));
    const here = this.entries.value.filter(({ id, state }) => state !== 'done' || known.has(id));
    const ids = new Set(here.map(({ id }) => id));
    this.entries.value = [...here, ...kept.filter(({ id }) => !ids.has(id)).map(finished)];
  }

  /** Keeps of what is done only what is still there to be used. */
  async check(isUsable: (id: string) => Promise<boolean>): Promise<void> {
    const answers = await Promise.all(
      this.files.value.map(async ({ id }) => ((await isUsable(id)) ? null : id)),
    );
    const gone = answers.filter((id) => id !== null);
    if (gone.length > 0) this.#forget(gone);
  }

  /** Ends all that is on its way and forgets the rest, without a word to the server. */
  stop(): void {
    for (const stop of this.#stops.values()) stop();
    this.#stops.clear();
    this.#sources.clear();
    this.entries.value = [];
  }

  #add(file: Local): void {
    const id = this.#parts.newId();
    const { name, size } = file;
    const upload = { id, name, size, sent: 0, state: 'waiting', reason: null, canRetry: false, file: null };
    this.#sources.set(id, file);
    this.#set([...this.entries.value, upload as Upload]);
    if (size === 0) this.#change(id, { state: 'failed', reason: 'This file is empty.' });
    else this.#start(id);
  }

  #start(id: string): void {
    const file = this.#sources.get(id);
    if (!file) return;
    this.#change(id, { state: 'waiting', sent: 0, reason: null, canRetry: false });
    let stopSending: (() => void) | undefined;
    const giveBack = this.#parts.turns.take(() => {
      this.#change(id, { state: 'sending' });
      stopSending = this.#parts.send({
        id,
        file,
        progress: (sent) => this.#change(id, { sent }),
        done: (answer) => {
          this.#end(id);
          this.#finish(id, answer);
        },
        failed: (error) => {
          this.#end(id);
          this.#fail(id, error instanceof Problem ? error : new Problem(0));
        },
      });
    });
    this.#stops.set(id, () => {
      stopSending?.();
      giveBack();
    });
  }

  #finish(id: string, file: PortalFile): void {
    this.#sources.delete(id);
    if (this.#parts.done) this.#forget([id]);
    else this.#change(id, { state: 'done', sent: file.size, file });
    this.#parts.done?.(file);
  }

  #fail(id: string, problem: Problem): void {
    this.#change(id, {
      state: 'failed',
      reason: failureText(problem),
      canRetry: isPassing(problem.status),
    });
    if (problem.status === 401) this.#parts.signedOut?.();
  }

  /** Its turn is over. */
  #end(id: string): void {
    const stop = this.#stops.get(id);
    this.#stops.delete(id);
    stop?.();
  }

  #forget(ids: readonly string[]): void {
    for (const id of ids) {
      this.#end(id);
      this.#sources.delete(id);
    }
    this.#set(this.entries.value.filter((entry) => !ids.includes(entry.id)));
  }

  #find(id: string): Upload | undefined {
    return this.entries.value.find((entry) => entry.id === id);
  }

  #change(id: string, change: Partial<Upload>): void {
    this.#set(this.entries.value.map((entry) => (entry.id === id ? { ...entry, ...change } : entry)));
  }

  #set(entries: readonly Upload[]): void {
    const before = this.files.peek();
    this.entries.value = entries;
    const after = this.files.peek();
    const isSame = before.length === after.length && before.every((file, index) => file === after[index]);
    if (!isSame) this.#parts.kept?.write(after.length > 0 ? [...after] : null);
  }
}

/** Those for which another attempt would be no better. */
export function refused(failed: readonly Upload[]): Upload[] {
  return failed.filter(({ canRetry }) => !canRetry);
}

export function isOnItsWay({ state }: Upload): boolean {
  return state === 'waiting' || state === 'sending';
}

function finished(file: PortalFile): Upload {
  const { id, name, size } = file;
  return { id, name, size, sent: size, state: 'done', reason: null, canRetry: false, file };
}
