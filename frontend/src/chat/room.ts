import { batch, computed, effect, type ReadonlySignal, type Signal, signal } from '@preact/signals-core';
import type { Clock } from '../inbox/types.ts';
import { Problem } from '../shared/http.ts';
import { type Ending, endingOf, Link } from './link.ts';
import { MessageLog, pageSize } from './log.ts';
import { Outbox, type Unsent } from './outbox.ts';
import type { Frame, Kept, Message, OpenSocket, Reads, RoomWire, RoomWithPeople } from './types.ts';
import { Typing } from './typing.ts';

/** How often a live room is compared with the server: a socket may be dead without anybody being told. */
export const checkEveryMs = 60_000;
/** What the server has had for so long must have come by the socket. */
export const overdueMs = 3_000;
const catchUpAgainMs = 3_000;

/** Where the person was in the conversation, kept while the portal is open. */
export interface Place {
  /** The message at the top of the view, and its distance from there; null at the end of the conversation. */
  anchor: { id: string; offset: number } | null;
}

interface Parts {
  me: string;
  wire: RoomWire;
  open: OpenSocket;
  clock: Clock;
  unsent: Kept<Unsent[]>;
  newId(): string;
}

/** One room as one person sees it: its messages, its people, and what is on its way. */
export class RoomStore {
  readonly me: string;
  readonly room: Signal<RoomWithPeople | null> = signal(null);
  /** Why the room could not be read at all, before it was ever read. */
  readonly problem: Signal<Problem | null> = signal(null);
  readonly ending: ReadonlySignal<Ending | null>;
  readonly log: MessageLog;
  readonly outbox: Outbox;
  readonly link: Link;
  readonly typing: Typing;
  readonly online: Signal<readonly string[]> = signal([]);
  readonly reads: Signal<Reads> = signal({});
  readonly ownRead = signal(0);
  readonly unread: ReadonlySignal<number>;
  /** Number of the first message that was unread when the room was opened; null when there was none. */
  readonly newFrom: Signal<number | null> = signal(null);
  /** The latest messages of others that came while the room was open. */
  readonly arrived: Signal<readonly Message[]> = signal([]);
  place: Place | null = null;

  readonly #wire: RoomWire;
  readonly #clock: Clock;
  #isIn = false;
  #entered = false;
  #readSent = 0;
  /** Highest number that the socket spoke of. */
  #heardOf = 0;
  /** Number of the last message that is no news; null while what is in hand is being chosen. */
  #oldUpTo: number | null = null;
  #isMarking = false;
  #strangers = new Set<string>();
  #timers = new Map<string, () => void>();
  #stopFollowing: (() => void) | null = null;

  constructor({ me, wire, open, clock, unsent, newId }: Parts) {
    this.me = me;
    this.#wire = wire;
    this.#clock = clock;
    this.log = new MessageLog(wire);
    this.typing = new Typing(clock, () => this.link.typing());
    this.link = new Link({
      open,
      clock,
      frame: (frame) => this.#apply(frame),
      poll: () => this.#readAnew(),
    });
    this.outbox = new Outbox({
      post: (id, body) => wire.post(id, body),
      sent: (message) => this.#posted(message),
      refused: (problem) => this.#postRefused(problem),
      isUp: () => this.link.mode.value === 'live',
      kept: unsent,
      newId,
      now: () => new Date(),
    });
    this.ending = this.link.ending;
    this.unread = computed(() => Math.max(0, this.log.newest.value - this.ownRead.value));
  }

  /** The person opens the room, perhaps to see one message in it. */
  async enter(focus: number | null = null): Promise<void> {
    this.#isIn = true;
    this.#entered = false;
    this.newFrom.value = null;
    this.#stopFollowing = effect(() => this.#followLog());
    this.link.start();
    this.#checkLater();
    await this.load(focus);
    this.outbox.flush();
  }

  /** What is in hand stays; nothing comes in any more. */
  leave(): void {
    this.#isIn = false;
    this.link.stop();
    this.#stopFollowing?.();
    this.typing.clear();
    this.online.value = [];
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
  }

  /** Reads room and messages, for the first time or again after that failed. */
  async load(focus: number | null = null): Promise<void> {
    this.problem.value = null;
    this.#oldUpTo = null;
    try {
      await this.#readRoom();
      const unread = this.unread.value;
      if (focus !== null) await this.log.showAround(focus);
      else if (this.log.state.value === 'ready') await this.log.catchUp();
      else if (unread > pageSize - 5) await this.log.showAround(this.ownRead.value + 1);
      else await this.log.showNewest();
      await this.log.catchUp();
      this.#oldUpTo = this.log.last;
    } catch (error) {
      const ending = endingOf(error);
      if (ending) this.link.end(ending);
      else if (this.log.state.value !== 'ready' || !this.room.value) this.problem.value = asProblem(error);
    }
  }

  async showNewest(): Promise<void> {
    this.#oldUpTo = null;
    await this.log.showNewest().catch(() => this.#catchUpLater());
    this.#oldUpTo = this.log.last;
  }

  async showAround(number: number): Promise<void> {
    this.#oldUpTo = null;
    await this.log.showAround(number).catch(() => undefined);
    this.#oldUpTo = this.log.last;
  }

  send(body: string): void {
    this.outbox.send(body);
    if (!this.log.follows.value) void this.showNewest();
  }

  /** The person has the newest message before their eyes. */
  seen(): void {
    const { last } = this.log;
    if (!this.#isIn || !this.#entered || !this.log.follows.value) return;
    if (last <= Math.max(this.ownRead.value, this.#readSent)) return;
    this.#readSent = last;
    void this.#mark();
  }

  /** The page came back to the front, perhaps after the machine slept. */
  wake(): void {
    this.link.wake();
    void this.#check();
  }

  /** Names of the others who have read up to this number. */
  readersOf(number: number): string[] {
    const people = this.room.value?.people ?? [];
    return people
      .filter(({ id }) => id !== this.me && (this.reads.value[id] ?? 0) >= number)
      .map(({ display_name }) => display_name);
  }

  #apply(frame: Frame): void {
    switch (frame.event) {
      case 'ready':
        batch(() => {
          this.#setOnline(frame.online);
          this.#setReads(frame.reads);
          this.log.heardOf(frame.last_number);
        });
        this.#heardOf = Math.max(this.#heardOf, frame.last_number);
        this.#catchUp();
        this.outbox.flush();
        break;
      case 'message':
        this.#hear(frame.message);
        break;
      case 'typing':
        if (frame.user_id !== this.me) this.typing.hear(frame.user_id, frame.display_name);
        break;
      case 'read':
        this.#setReads({ [frame.user_id]: frame.up_to });
        break;
      case 'presence':
        this.#setOnline(frame.online);
        break;
      case 'reset':
        this.#readAnew().catch(() => this.#catchUpLater());
        break;
      case 'bye':
        break;
    }
  }

  #hear(message: Message): void {
    this.#heardOf = Math.max(this.#heardOf, message.number);
    this.typing.stopped(message.author.id);
    if (this.log.hear(message)) this.#catchUp();
  }

  #posted(message: Message): void {
    if (this.log.hear(message)) this.#catchUp();
    this.#settle();
    this.#expect(message.number);
  }

  #postRefused({ status }: Problem): void {
    // Closed meanwhile, or out of reach: the room itself says which.
    if (status === 409 || status === 404 || status === 401) this.#readAnew().catch(() => undefined);
  }

  #catchUp(): void {
    this.log.catchUp().catch((error: unknown) => {
      const ending = endingOf(error);
      if (ending) this.link.end(ending);
      else this.#catchUpLater();
    });
  }

  #catchUpLater(): void {
    this.#after('catch up', catchUpAgainMs, () => this.#catchUp());
  }

  async #readAnew(): Promise<void> {
    try {
      await this.#readRoom();
      if (this.problem.value && this.log.state.value !== 'ready') await this.log.showNewest();
      await this.log.catchUp();
    } catch (error) {
      const ending = endingOf(error);
      if (ending) this.link.end(ending);
      throw error;
    }
    this.problem.value = null;
    this.outbox.flush();
  }

  async #readRoom(): Promise<void> {
    const room = await this.#wire.room();
    batch(() => {
      this.room.value = room;
      this.log.heardOf(room.last_number);
      this.#setReads(Object.fromEntries(room.people.map(({ id, read_number }) => [id, read_number])));
      this.#raiseOwnRead(room.last_number - room.unread_count);
      if (this.link.mode.value !== 'live') {
        this.online.value = room.people.filter(({ is_online }) => is_online).map(({ id }) => id);
      }
      if (this.#entered) return;
      this.#entered = true;
      this.newFrom.value = this.unread.value > 0 ? this.ownRead.value + 1 : null;
    });
  }

  #setReads(reads: Reads): void {
    const known = { ...this.reads.value };
    for (const [id, number] of Object.entries(reads)) known[id] = Math.max(known[id] ?? 0, number);
    this.reads.value = known;
    this.#raiseOwnRead(known[this.me] ?? 0);
  }

  #raiseOwnRead(number: number): void {
    this.ownRead.value = Math.max(this.ownRead.value, number);
  }

  #setOnline(online: readonly string[]): void {
    this.online.value = online;
    const known = new Set(this.room.value?.people.map(({ id }) => id));
    const strangers = online.filter((id) => !known.has(id) && id !== this.me && !this.#strangers.has(id));
    if (strangers.length === 0 || !this.room.value) return;
    for (const id of strangers) this.#strangers.add(id);
    this.#readRoom().catch(() => undefined);
  }

  /** One mark on its way at a time, and then the newest. */
  async #mark(): Promise<void> {
    if (this.#isMarking) return;
    this.#isMarking = true;
    try {
      while (this.#readSent > this.ownRead.value) {
        const upTo = this.#readSent;
        await this.#wire.read(upTo);
        this.#raiseOwnRead(upTo);
      }
    } catch {
      // The next message, or the next look at the page, tries again.
      this.#readSent = this.ownRead.value;
    } finally {
      this.#isMarking = false;
    }
  }

  #followLog(): void {
    this.#settle();
    const news = this.log.messages.value.filter(
      ({ number, author }) => this.#oldUpTo !== null && number > this.#oldUpTo && author.id !== this.me,
    );
    if (this.#oldUpTo !== null) this.#oldUpTo = Math.max(this.#oldUpTo, this.log.last);
    if (news.length > 0) this.arrived.value = news;
  }

  #settle(): void {
    const ids = new Set(this.log.messages.value.slice(-2 * pageSize).map(({ id }) => id));
    const follows = this.log.follows.value;
    // Of a stretch that ends in the past nothing new is shown, so it cannot vanish either.
    const sent = this.outbox.entries.peek().filter(({ state }) => state === 'sent' && !follows);
    for (const { id } of sent) ids.add(id);
    this.outbox.settle((id) => ids.has(id));
  }

  #checkLater(): void {
    this.#after('check', checkEveryMs, () => {
      this.#checkLater();
      void this.#check();
    });
  }

  /** Whether the socket has brought what the server has. */
  async #check(): Promise<void> {
    if (this.link.mode.value !== 'live') return;
    try {
      const { last_number: last } = await this.#wire.room();
      this.#expect(last);
    } catch (error) {
      const ending = endingOf(error);
      if (ending) this.link.end(ending);
    }
  }

  /** A socket that has not spoken of what the server has had for a while is dead. */
  #expect(number: number): void {
    if (this.link.mode.value !== 'live' || this.#heardOf >= number) return;
    this.#after('overdue', overdueMs, () => {
      if (this.link.mode.value === 'live' && this.#heardOf < number) this.link.restart();
    });
  }

  #after(name: string, ms: number, run: () => void): void {
    this.#timers.get(name)?.();
    this.#timers.set(name, this.#clock.after(ms, run));
  }
}

function asProblem(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem(0);
}
