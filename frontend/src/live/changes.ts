import { batch, type Signal, signal } from '@preact/signals-core';
import { Link } from '../chat/link.ts';
import type { OpenSocket, Socket } from '../chat/types.ts';
import type { Clock } from '../inbox/types.ts';

export type ChangedKind = 'file' | 'issue' | 'task' | 'approval';

export const allKinds: readonly ChangedKind[] = ['file', 'issue', 'task', 'approval'];

/** What the server says to a page of a project, or to the list of them. */
export type ChangeFrame =
  | { event: 'ready' }
  | { event: 'changed'; project_id: string; kind: ChangedKind; id: string }
  | { event: 'reset' }
  | { event: 'bye'; reason: string };

/** A burst of changes is one reading. */
export const burstMs = 100;
/** From one page of a project to the next the socket stays. */
export const lingerMs = 2_000;

interface Parts {
  open: OpenSocket<ChangeFrame>;
  /** Asks whether what is followed is still there, and for this person; throws `Problem`. */
  ask(): Promise<unknown>;
  /** Tells of the network's and the page's comings and goings; the answer ends that. */
  attend(changes: Changes): () => void;
  clock: Clock;
}

/** How often each kind of thing has changed, as far as this page knows, while somebody follows it. */
export class Changes {
  readonly link: Link<ChangeFrame>;

  readonly #attend: Parts['attend'];
  readonly #clock: Clock;
  readonly #counts: Record<ChangedKind, Signal<number>> = {
    file: signal(0),
    issue: signal(0),
    task: signal(0),
    approval: signal(0),
  };
  readonly #changed = new Set<ChangedKind>();
  #followers = 0;
  #isOpen = false;
  #cancelTelling: (() => void) | null = null;
  #cancelClosing: (() => void) | null = null;
  #ignore: (() => void) | null = null;

  constructor({ open, ask, attend, clock }: Parts) {
    this.#attend = attend;
    this.#clock = clock;
    this.link = new Link<ChangeFrame>({
      open: askingFirst(ask, open),
      clock,
      frame: (frame) => this.#hear(frame),
      poll: async () => {
        await ask();
        this.#tell(allKinds);
      },
    });
    this.link.ending.subscribe((ending) => {
      // What is on the page has ended: read anew, it says so itself.
      if (ending !== null) this.#tell(allKinds);
    });
  }

  /** Grows with every change of one of these kinds, and whenever some may have been missed. */
  version(kinds: readonly ChangedKind[]): number {
    return kinds.reduce((sum, kind) => sum + this.#counts[kind].value, 0);
  }

  /** Follows the changes until the answer is called; the first one opens the socket, the last one closes it. */
  follow(): () => void {
    this.#followers += 1;
    this.#cancelClosing?.();
    this.#cancelClosing = null;
    if (!this.#isOpen || this.link.mode.peek() === 'ended') this.#open();
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#followers -= 1;
      if (this.#followers === 0) {
        this.#cancelClosing = this.#clock.after(lingerMs, () => this.close());
      }
    };
  }

  close(): void {
    this.#isOpen = false;
    this.#ignore?.();
    this.#cancelClosing?.();
    this.#cancelTelling?.();
    this.#cancelTelling = null;
    this.#changed.clear();
    this.link.stop();
  }

  /** The page came back to the front, perhaps after the machine slept. */
  wake(): void {
    this.link.wake();
    this.#tell(allKinds);
  }

  #open(): void {
    this.#isOpen = true;
    this.#ignore?.();
    this.#ignore = this.#attend(this);
    this.link.start();
  }

  #hear(frame: ChangeFrame): void {
    // What changed between the reading of the page and now came by no frame.
    if (frame.event === 'ready' || frame.event === 'reset') this.#tell(allKinds);
    if (frame.event === 'changed') this.#tell([frame.kind]);
  }

  #tell(kinds: readonly ChangedKind[]): void {
    for (const kind of kinds) this.#changed.add(kind);
    this.#cancelTelling ??= this.#clock.after(burstMs, () => {
      this.#cancelTelling = null;
      batch(() => {
        // A kind that this page does not know yet is nothing it shows.
        for (const kind of this.#changed) if (kind in this.#counts) this.#counts[kind].value += 1;
      });
      this.#changed.clear();
    });
  }
}

/** A browser does not say why a handshake failed, and complains of it aloud: it is tried where there is an answer. */
function askingFirst(ask: Parts['ask'], open: Parts['open']): Parts['open'] {
  return (handlers) => {
    let socket: Socket | null = null;
    let isClosed = false;
    ask().then(
      () => {
        if (!isClosed) socket = open(handlers);
      },
      () => {
        if (!isClosed) handlers.end();
      },
    );
    return {
      typing() {},
      close() {
        isClosed = true;
        socket?.close();
      },
    };
  };
}
