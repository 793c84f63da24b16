import { type Signal, signal } from '@preact/signals-core';
import type { Channel, Clock, Elect, Frame, Mode, OpenStream, TabMessage } from './types.ts';

export const pollEveryMs = 15_000;
export const silenceMs = 45_000;
const connectWithinMs = 20_000;
const firstRetryMs = 1_000;
const longestRetryMs = 30_000;
/** A stream that lived this long was a good one: the next retry starts from the shortest wait again. */
const steadyMs = 10_000;
const beatEveryMs = 10_000;
/** A tab that comes back to the front after this long reads anew. */
const staleMs = 20_000;

/** The inbox, as far as the feed has to do with it. */
export interface Inbox {
  apply(frame: Frame): void;
  refresh(): Promise<void>;
  poll(): Promise<number>;
  hearCount(count: number): void;
}

/**
 * Keeps one tab's inbox up to date: the tab that leads holds the stream and passes every frame on, the others listen.
 *
 * While there is no stream the leader polls and passes the count on. A tab that hears nothing of its leader (frozen by
 * the browser, say) polls for itself.
 */
export class Feed {
  readonly mode: Signal<Mode> = signal('connecting');

  readonly #inbox: Inbox;
  readonly #open: OpenStream;
  readonly #elect: Elect;
  readonly #channel: Channel;
  readonly #clock: Clock;
  #leads = false;
  #attempt = 0;
  #liveSince = 0;
  #lastAlive = 0;
  #lastBeat = 0;
  #lastRead = 0;
  #closeStream: (() => void) | null = null;
  #cancelRetry: (() => void) | null = null;
  #cancelPoll: (() => void) | null = null;
  #hasPolled = false;
  #isOpen = false;
  #cancelWatch: (() => void) | null = null;
  #resign: (() => void) | null = null;
  #stopListening: (() => void) | null = null;

  constructor(parts: { inbox: Inbox; open: OpenStream; elect: Elect; channel: Channel; clock: Clock }) {
    this.#inbox = parts.inbox;
    this.#open = parts.open;
    this.#elect = parts.elect;
    this.#channel = parts.channel;
    this.#clock = parts.clock;
  }

  start(): void {
    this.#stopListening = this.#channel.listen((message) => this.#hear(message));
    this.#watchLeader();
    this.#channel.post({ kind: 'hello' });
    this.#read();
    this.#resign = this.#elect(() => {
      this.#leads = true;
      this.#connect();
    });
  }

  stop(): void {
    this.#leads = false;
    this.#halt();
    this.#cancelWatch?.();
    this.#resign?.();
    this.#stopListening?.();
  }

  /** Connects anew: the token, the settings or the network changed. */
  restart(): void {
    this.#channel.post({ kind: 'restart' });
    this.#read();
    this.#restartHere();
  }

  /** A new token is there; a stream that still lives takes it up when it ends. */
  renewed(): void {
    if (this.mode.value !== 'live') this.restart();
  }

  /** The tab came back to the front, perhaps after the machine slept. */
  wake(): void {
    const now = this.#clock.now();
    if (this.mode.value === 'signed_out') this.restart();
    if (now - this.#lastRead < staleMs) return;
    this.#read();
    if (this.#leads && now - this.#lastAlive > silenceMs) this.#restartHere();
  }

  offline(): void {
    this.#setMode('offline');
  }

  #hear(message: TabMessage): void {
    if (message.kind === 'hello' && this.#leads) this.#beat();
    if (message.kind === 'restart') this.#restartHere();
    if (this.#leads) return;
    if (message.kind === 'frame') {
      this.#watchLeader();
      this.#take(message.frame);
    }
    if (message.kind === 'beat') {
      this.#watchLeader();
      this.#stopPolling();
      this.mode.value = message.mode;
      if (message.count !== undefined) this.#inbox.hearCount(message.count);
    }
  }

  #restartHere(): void {
    if (!this.#leads) return;
    this.#attempt = 0;
    this.mode.value = 'connecting';
    this.#connect();
  }

  #connect(): void {
    this.#halt();
    this.#pollAfter(pollEveryMs);
    this.#openStream();
  }

  #openStream(): void {
    this.#cancelRetry = null;
    this.#lastAlive = this.#clock.now();
    this.#closeStream = this.#open({
      frame: (frame) => this.#receive(frame),
      alive: () => this.#alive(),
      end: (status) => this.#ended(status),
    });
    this.#watchStream(connectWithinMs);
  }

  #watchStream(ms: number): void {
    this.#cancelWatch?.();
    this.#cancelWatch = this.#clock.after(ms, () => this.#ended(undefined));
  }

  #alive(): void {
    this.#lastAlive = this.#clock.now();
    this.#watchStream(silenceMs);
    if (this.#isOpen && this.mode.value === 'offline') this.#setMode('live');
    if (this.#lastAlive - this.#lastBeat >= beatEveryMs) this.#beat();
  }

  #receive(frame: Frame): void {
    this.#channel.post({ kind: 'frame', frame });
    if (frame.event === 'ready') {
      this.#isOpen = true;
      this.#liveSince = this.#clock.now();
      this.#stopPolling();
      this.#setMode('live');
    }
    this.#take(frame);
    if (frame.event === 'bye') this.#leave(frame.reason);
  }

  #take(frame: Frame): void {
    this.#inbox.apply(frame);
    if (frame.event === 'ready') this.#read();
  }

  #leave(reason: string): void {
    this.#dropStream();
    if (reason === 'signed_out') this.#signedOut();
    else this.#ended(undefined);
  }

  #ended(status: number | undefined): void {
    const wasSteady = this.#isOpen && this.#clock.now() - this.#liveSince >= steadyMs;
    this.#dropStream();
    this.#cancelWatch?.();
    if (wasSteady) this.#attempt = 0;
    if (this.mode.value === 'live') this.#setMode('connecting');
    if (status === 401) {
      this.#signedOut();
    } else if (status === 403) {
      // Refused for good (live updates are switched off, or the token lacks the scope): only polling is left.
      this.#pollAfter(0);
    } else {
      // The first retry mostly succeeds within a second: no poll before it has failed.
      this.#pollAfter(this.#attempt === 0 ? pollEveryMs : 0);
      this.#retryLater();
    }
  }

  #retryLater(): void {
    const longest = Math.min(longestRetryMs, firstRetryMs * 2 ** this.#attempt);
    this.#attempt += 1;
    this.#cancelRetry?.();
    this.#cancelRetry = this.#clock.after(longest * (0.5 + this.#clock.random() / 2), () =>
      this.#openStream(),
    );
  }

  #signedOut(): void {
    this.#halt();
    this.#setMode('signed_out');
  }

  /** Starts to poll, the first time after `ms`; once begun it keeps its own pace. */
  #pollAfter(ms: number): void {
    if (this.#hasPolled) return;
    this.#cancelPoll?.();
    this.#cancelPoll = this.#clock.after(ms, () => void this.#poll());
  }

  async #poll(): Promise<void> {
    this.#hasPolled = true;
    const mine = this.#clock.after(pollEveryMs, () => void this.#poll());
    this.#cancelPoll = mine;
    try {
      const count = await this.#inbox.poll();
      if (this.#cancelPoll === mine) this.#setMode('polling', count);
    } catch (error) {
      if (this.#cancelPoll !== mine) return;
      if (statusOf(error) === 401) this.#signedOut();
      else this.#setMode('offline');
    }
  }

  #stopPolling(): void {
    this.#cancelPoll?.();
    this.#cancelPoll = null;
    this.#hasPolled = false;
  }

  #read(): void {
    this.#lastRead = this.#clock.now();
    this.#inbox.refresh().catch((error: unknown) => {
      if (statusOf(error) === 401) this.#signedOut();
      // Whoever comes back to the tab has it tried again.
      this.#lastRead = Number.NEGATIVE_INFINITY;
    });
  }

  #setMode(mode: Mode, count?: number): void {
    this.mode.value = mode;
    this.#beat(count);
  }

  #beat(count?: number): void {
    if (!this.#leads) return;
    this.#lastBeat = this.#clock.now();
    this.#channel.post({ kind: 'beat', mode: this.mode.value, ...(count === undefined ? {} : { count }) });
  }

  /** For a tab that listens: without a word from the leader it helps itself. */
  #watchLeader(): void {
    if (this.#leads) return;
    this.#cancelWatch?.();
    this.#cancelWatch = this.#clock.after(silenceMs, () => this.#pollAfter(0));
  }

  #dropStream(): void {
    this.#closeStream?.();
    this.#closeStream = null;
    this.#isOpen = false;
  }

  #halt(): void {
    this.#dropStream();
    this.#cancelRetry?.();
    this.#cancelRetry = null;
    this.#cancelWatch?.();
    this.#stopPolling();
  }
}

function statusOf(error: unknown): number | undefined {
  return typeof error === 'object' && error !== null && 'status' in error ? Number(error.status) : undefined;
}
