import {
  batch,
  computed,
  effect,
  type ReadonlySignal,
  type Signal,
  signal,
  untracked,
} from '@preact/signals-core';
import type { PortalFile } from '../files/types.ts';
import type { Clock } from '../inbox/types.ts';
import { Problem } from '../shared/http.ts';
import { endingOf, Link } from './link.ts';
import { MessageLog, pageSize } from './log.ts';
import { ReadMarks } from './marks.ts';
import { Outbox, type Unsent } from './outbox.ts';
import type { Frame, Kept, Message, OpenSocket, RoomWire, RoomWithPeople } from './types.ts';
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
  /** Whether the page is in front of the person. */
  isLooking(): boolean;
  newId(): string;
}

/** One room as one person sees it: its messages, its people, and what is on its way. */
export class RoomStore {
  readonly me: string;
  readonly room: Signal<RoomWithPeople | null> = signal(null);
  /** Why the room could not be read at all, before it was ever read. */
  readonly problem: Signal<Problem | null> = signal(null);
  readonly log: MessageLog;
  readonly marks: ReadMarks;
  readonly outbox: Outbox;
  readonly link: Link;
  readonly typing: Typing;
  readonly online: Signal<readonly string[]> = signal([]);
  readonly unread: ReadonlySignal<number>;
  /** Number of the first message that was unread when the room was opened; null when there was none. */
  readonly newFrom: Signal<number | null> = signal(null);
  /** The latest messages of others that came while the room was open. */
  readonly arrived: Signal<readonly Message[]> = signal([]);
  place: Place | null = null;

  readonly #wire: RoomWire;
  readonly #clock: Clock;
  readonly #isLooking: () => boolean;
  #isIn = false;
  #isLinked = false;
  /** Whether the room was read since the person came in. */
  #isKnown = false;
  /** Whether the socket has been ready since the person came in. */
  #wasReady = false;
  /** Highest number that the socket spoke of. */
  #heardOf = 0;
  /** Number of the last message that is no news; null while what is in hand is being chosen. */
  #oldUpTo: number | null = null;
  #choosing = 0;
  /** Readings of the room that were begun, and the latest that was answered. */
  #readings = 0;
  #answered = 0;
  #strangers = new Set<string>();
  #timers = new Map<string, () => void>();
  #stopFollowing: (() => void) | null = null;

  constructor({ me, wire, open, clock, unsent, isLooking, newId }: Parts) {
    this.me = me;
    this.#wire = wire;
    this.#clock = clock;
    this.#isLooking = isLooking;
    this.log = new MessageLog(wire);
    this.marks = new ReadMarks(me, wire);
    this.typing = new Typing(clock, () => this.link.typing());
    this.link = new Link({
      open,
      clock,
      frame: (frame) => this.#apply(frame),
      poll: () => this.#readAnew(),
    });
    this.outbox = new Outbox({
      post: (id, body, fileIds) => wire.post(id, body, fileIds),
      discardFile: (id) => wire.discardFile(id),
      sent: (message) => this.#posted(message),
      refused: (problem) => this.#postRefused(problem),
      isUp: () => this.link.mode.value === 'live',
      isCutOff: () => this.link.mode.value === 'offline',
      kept: unsent,
      newId,
      now: () => new Date(),
    });
    this.unread = computed(() => Math.max(0, this.log.newest.value - this.marks.own.value));
  }

  /** The person opens the room, perhaps to see one message in it. */
  async enter(focus: number | null = null): Promise<void> {
    this.#isIn = true;
    this.#isKnown = false;
    this.#wasReady = false;
    this.newFrom.value = null;
    this.#stopFollowing = effect(() => this.#followLog());
    this.#checkLater();
    await this.load(focus);
    this.outbox.flush();
  }

  /** What is in hand stays; nothing comes in any more. */
  leave(): void {
    this.#isIn = false;
    this.#isLinked = false;
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
    await this.#choose(async () => {
      await this.#readRoom().finally(() => this.#connect());
      if (focus !== null) await this.log.showAround(focus);
      else if (this.log.state.value !== 'ready') await this.#showFirst();
      this.#opened();
      await this.log.catchUp();
    }).catch((error: unknown) => {
      const isShown = this.log.state.value === 'ready' && this.room.value !== null;
      if (!this.#isTheEnd(error) && !isShown) this.problem.value = asProblem(error);
    });
  }

  async showNewest(): Promise<void> {
    await this.#choose(() => this.log.showNewest()).catch(() => this.#catchUpLater());
  }

  async showAround(number: number): Promise<void> {
    await this.#choose(() => this.log.showAround(number)).catch(() => undefined);
  }

  /** Reads the room itself anew: who is in it, whether it is open. */
  async refresh(): Promise<void> {
    await this.#readRoom().catch((error: unknown) => this.#isTheEnd(error));
  }

  send(body: string, files: readonly PortalFile[] = []): void {
    this.outbox.send(body, files);
    this.typing.sent();
    if (!this.log.follows.value) void this.showNewest();
  }

  /** The person has the newest message before their eyes. */
  seen(): void {
    if (this.#isIn && this.#isKnown && this.log.follows.value) this.marks.move(this.log.last);
  }

  /** The page came back to the front, perhaps after the machine slept. */
  wake(): void {
    this.link.wake();
    this.#opened();
    void this.#check();
  }

  /** Names of the others who have read up to this number. */
  readersOf(number: number): string[] {
    const people = this.room.value?.people ?? [];
    return people
      .filter(({ id }) => id !== this.me && (this.marks.all.value[id] ?? 0) >= number)
      .map(({ display_name }) => display_name);
  }

  /** Who has the room before them is told nothing of it by the bell, however far they have read. */
  #opened(): void {
    if (this.#isIn && this.#isKnown && this.#isLooking()) this.#wire.opened().catch(() => undefined);
  }

  /** Only when the room was asked for: a browser does not say why a handshake was refused, the room does. */
  #connect(): void {
    if (this.#isIn && !this.#isLinked) this.link.start();
    this.#isLinked = this.#isIn;
  }

  /** What comes into hand by choice is no news. */
  async #choose(show: () => Promise<void>): Promise<void> {
    this.#choosing += 1;
    this.#oldUpTo = null;
    await show().finally(() => {
      this.#choosing -= 1;
      if (this.#choosing === 0) this.#oldUpTo = this.log.last;
    });
  }

  /** The end of the conversation, or where the new messages begin when that is far from the end. */
  async #showFirst(): Promise<void> {
    if (this.unread.value > pageSize - 5) await this.log.showAround(this.marks.own.value + 1);
    else await this.log.showNewest();
  }

  #apply(frame: Frame): void {
    switch (frame.event) {
      case 'ready':
        batch(() => {
          this.#setOnline(frame.online);
          this.marks.hear(frame.reads);
          this.log.heardOf(frame.last_number);
        });
        this.#heardOf = Math.max(this.#heardOf, frame.last_number);
        this.#catchUp();
        if (this.#wasReady) this.#opened();
        this.#wasReady = true;
        this.outbox.flush();
        break;
      case 'message':
        this.#hear(frame.message);
        break;
      case 'typing':
        if (frame.user_id !== this.me) this.typing.hear(frame.user_id, frame.display_name);
        break;
      case 'read':
        this.marks.hear({ [frame.user_id]: frame.up_to });
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
    this.typing.wrote(message.author.id);
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
      if (!this.#isTheEnd(error)) this.#catchUpLater();
    });
  }

  #catchUpLater(): void {
    this.#after('catch up', catchUpAgainMs, () => this.#catchUp());
  }

  async #readAnew(): Promise<void> {
    try {
      await this.#readRoom();
      if (this.problem.value && this.log.state.value !== 'ready') await this.#choose(() => this.#showFirst());
      await this.log.catchUp();
    } catch (error) {
      this.#isTheEnd(error);
      throw error;
    }
    if (this.problem.value) this.#opened();
    this.problem.value = null;
    this.outbox.flush();
  }

  async #readRoom(): Promise<void> {
    this.#readings += 1;
    const reading = this.#readings;
    const room = await this.#wire.room();
    batch(() => {
      // Marks and numbers only grow; the rest is taken from the latest reading.
      if (reading > this.#answered) this.room.value = room;
      this.#answered = Math.max(this.#answered, reading);
      this.log.heardOf(room.last_number);
      this.marks.hear(Object.fromEntries(room.people.map(({ id, read_number }) => [id, read_number])));
      this.marks.hearOwn(room.last_number - room.unread_count);
      if (this.link.mode.value !== 'live') {
        this.online.value = room.people.filter(({ is_online }) => is_online).map(({ id }) => id);
      }
      if (this.#isKnown) return;
      this.#isKnown = true;
      this.newFrom.value = this.unread.value > 0 ? this.marks.own.value + 1 : null;
    });
  }

  /** Who comes and goes may have joined or left the room for good; whether they did, the room says. */
  #setOnline(online: readonly string[]): void {
    const room = this.room.value;
    const hasClientLeft =
      room !== null && this.online.value.includes(room.client.id) && !online.includes(room.client.id);
    this.online.value = online;
    const known = new Set([this.me, ...this.#strangers, ...(room?.people.map(({ id }) => id) ?? [])]);
    const strangers = online.filter((id) => !known.has(id));
    for (const id of strangers) this.#strangers.add(id);
    if (room && (hasClientLeft || strangers.length > 0)) void this.refresh();
  }

  #followLog(): void {
    this.#settle();
    const oldUpTo = this.#oldUpTo;
    if (oldUpTo === null) return;
    const news = this.log.messages.value.filter(
      ({ number, author }) => number > oldUpTo && author.id !== this.me,
    );
    this.#oldUpTo = Math.max(oldUpTo, this.log.last);
    if (news.length === 0) return;
    this.arrived.value = news;
    const authors = new Set(news.map(({ author }) => author.id));
    untracked(() => {
      for (const id of authors) this.typing.wrote(id);
    });
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
    await this.refresh();
    this.#expect(this.log.newest.value);
  }

  /** A socket that has not spoken of what the server has had for a while is dead. */
  #expect(number: number): void {
    if (this.link.mode.value !== 'live' || this.#heardOf >= number) return;
    this.#after('overdue', overdueMs, () => {
      if (this.link.mode.value === 'live' && this.#heardOf < number) this.link.restart();
    });
  }

  #isTheEnd(error: unknown): boolean {
    const ending = endingOf(error);
    if (ending && this.#isIn) this.link.end(ending);
    return ending !== null;
  }

  #after(name: string, ms: number, run: () => void): void {
    this.#timers.get(name)?.();
    this.#timers.set(name, this.#clock.after(ms, run));
  }
}

function asProblem(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem(0);
}
