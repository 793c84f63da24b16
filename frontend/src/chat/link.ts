import { type Signal, signal } from '@preact/signals-core';
import type { Clock } from '../inbox/types.ts';
import { Problem } from '../shared/http.ts';
import type { Frame, OpenSocket, Socket } from './types.ts';

export const pollEveryMs = 15_000;
const readyWithinMs = 20_000;
const firstRetryMs = 1_000;
const longestRetryMs = 30_000;
/** A socket that lived this long was a good one: the next retry starts from the shortest wait again. */
const steadyMs = 10_000;

/** `polling`: the socket is down but the API answers. `offline`: nothing answers. */
export type Mode = 'connecting' | 'live' | 'polling' | 'offline' | 'ended';
export type Ending = 'access_gone' | 'account_ended' | 'signed_out' | 'token_expired';

const endings: readonly string[] = ['access_gone', 'account_ended', 'signed_out', 'token_expired'];

/** Of what is heard, the link itself minds `ready` and `bye`. */
interface Said {
  event: string;
  reason?: string;
}

interface Parts<Heard> {
  open: OpenSocket<Heard>;
  frame(frame: Heard): void;
  /** Reads what the socket would have brought. */
  poll(): Promise<void>;
  clock: Clock;
}

/** Keeps one socket open, and polls while there is none. */
export class Link<Heard extends Said = Frame> {
  readonly mode: Signal<Mode> = signal('connecting');
  /** Why it is over for good. */
  readonly ending: Signal<Ending | null> = signal(null);

  readonly #parts: Parts<Heard>;
  #socket: Socket | null = null;
  #isReady = false;
  #readyAt = 0;
  #attempt = 0;
  #polls = false;
  #cancelRetry: (() => void) | null = null;
  #cancelWatch: (() => void) | null = null;
  #cancelPoll: (() => void) | null = null;

  constructor(parts: Parts<Heard>) {
    this.#parts = parts;
  }

  start(): void {
    this.#attempt = 0;
    this.ending.value = null;
    this.mode.value = 'connecting';
    this.#connect();
  }

  stop(): void {
    this.#halt();
    if (this.mode.value !== 'ended') this.mode.value = 'connecting';
  }

  /** Whether it could be said. */
  typing(): boolean {
    if (this.#isReady) this.#socket?.typing();
    return this.#isReady;
  }

  /** The network is back, or the socket is thought to be dead: connects at once. */
  restart(): void {
    if (this.mode.value === 'ended') return;
    this.#halt();
    this.start();
  }

  /** The page came back to the front: no need to wait for the next retry. */
  wake(): void {
    if (this.#cancelRetry) this.restart();
  }

  offline(): void {
    if (this.mode.value !== 'ended') this.mode.value = 'offline';
  }

  /** The room, or the sign-in, is over: nothing is tried any more. */
  end(ending: Ending): void {
    this.#halt();
    this.ending.value = ending;
    this.mode.value = 'ended';
  }

  #connect(): void {
    this.#cancelRetry = null;
    this.#cancelWatch = this.#parts.clock.after(readyWithinMs, () => this.#over());
    this.#socket = this.#parts.open({
      frame: (frame) => this.#receive(frame),
      end: () => this.#over(),
    });
  }

  #receive(frame: Heard): void {
    if (frame.event === 'ready') {
      this.#isReady = true;
      this.#readyAt = this.#parts.clock.now();
      this.#cancelWatch?.();
      this.#stopPolling();
    }
    if (frame.event === 'bye') {
      this.#leave(frame.reason ?? '');
      return;
    }
    if (this.#isReady) this.mode.value = 'live';
    this.#parts.frame(frame);
  }

  #leave(reason: string): void {
    if (endings.includes(reason)) this.end(reason as Ending);
    else this.#over();
  }

  #over(): void {
    const wasReady = this.#isReady;
    if (wasReady && this.#parts.clock.now() - this.#readyAt >= steadyMs) this.#attempt = 0;
    this.#drop();
    if (this.mode.value === 'live') this.mode.value = 'connecting';
    // Whether a handshake was refused, and why, only the API can tell.
    this.#pollAfter(wasReady ? pollEveryMs : 0);
    const longest = Math.min(longestRetryMs, firstRetryMs * 2 ** this.#attempt);
    this.#attempt += 1;
    const wait = longest * (0.5 + this.#parts.clock.random() / 2);
    this.#cancelRetry = this.#parts.clock.after(wait, () => this.#connect());
  }

  /** Once begun it keeps its own pace. */
  #pollAfter(ms: number): void {
    if (this.#polls) return;
    this.#cancelPoll?.();
    this.#cancelPoll = this.#parts.clock.after(ms, () => void this.#poll());
  }

  async #poll(): Promise<void> {
    this.#polls = true;
    const mine = this.#parts.clock.after(pollEveryMs, () => void this.#poll());
    this.#cancelPoll = mine;
    try {
      await this.#parts.poll();
      if (this.#cancelPoll !== mine) return;
      const isBack = this.mode.value === 'offline';
      this.mode.value = 'polling';
      if (isBack && this.#cancelRetry) this.restart();
    } catch (error) {
      if (this.#cancelPoll !== mine) return;
      const ending = endingOf(error);
      if (ending) this.end(ending);
      else this.mode.value = 'offline';
    }
  }

  #stopPolling(): void {
    this.#cancelPoll?.();
    this.#cancelPoll = null;
    this.#polls = false;
  }

  #drop(): void {
    this.#cancelWatch?.();
    this.#socket?.close();
    this.#socket = null;
    this.#isReady = false;
  }

  #halt(): void {
    this.#drop();
    this.#cancelRetry?.();
    this.#cancelRetry = null;
    this.#stopPolling();
  }
}

/** What an answer of the API says about the room being over; null when it says nothing of the kind. */
export function endingOf(error: unknown): Ending | null {
  if (!(error instanceof Problem)) return null;
  if (error.status === 401) return 'signed_out';
  return error.status === 404 || error.status === 422 ? 'access_gone' : null;
}
