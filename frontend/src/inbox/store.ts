import { batch, computed, type ReadonlySignal, type Signal, signal } from '@preact/signals-core';
import type { Page } from '../shared/page.ts';
import type { Channel, Claim, Clock, Frame, NotificationItem, Tab, Wire } from './types.ts';

export interface View {
  ids: readonly string[];
  next: string | null;
  status: 'idle' | 'loading' | 'ready' | 'failed';
  more: 'idle' | 'loading' | 'failed';
}

export interface Notice {
  text: string;
  retry: () => void;
}

const unloaded: View = { ids: [], next: null, status: 'idle', more: 'idle' };

/** A claim of another tab that never settles (its page is gone) is given up after this long. */
const foreignClaimMs = 8_000;

/**
 * The inbox of one person in one tab.
 *
 * What the server said and what was merely claimed are kept apart: the count and the dots show both together, so a
 * failed claim is undone by forgetting it, whatever frames came in between.
 */
export class InboxStore {
  readonly tab: Signal<Tab>;
  readonly open = signal(false);
  readonly views = { all: signal(unloaded), unread: signal(unloaded) };
  readonly items = signal<ReadonlyMap<string, NotificationItem>>(new Map());
  /** Came while the panel was open, and wait until the person asks for them. */
  readonly held = signal<readonly string[]>([]);
  readonly notice = signal<Notice | null>(null);
  readonly arrived = signal<NotificationItem | null>(null);
  /** `null` until the first answer. */
  readonly unread: ReadonlySignal<number | null>;

  readonly #wire: Wire;
  /** Grows when the server says that what was read may be out of date. */
  readonly resets = signal(0);

  readonly #channel: Channel;
  readonly #clock: Clock;
  readonly #name: string;
  readonly #count = signal<number | null>(null);
  readonly #claims = signal<ReadonlyMap<string, Claim>>(new Map());
  readonly #readIds = signal<ReadonlySet<string>>(new Set());
  #readUpTo = Number.NEGATIVE_INFINITY;
  /** Grows with every count the server gave or a claim settled: an answer asked for before that is out of date. */
  #version = 0;
  #claimed = 0;
  #buffer: (() => void)[] = [];
  #readers = 0;
  #reading: Promise<void> | null = null;
  #readAgain = false;
  #heldGap = false;
  #stopListening: (() => void) | null = null;

  constructor(parts: { wire: Wire; channel: Channel; clock: Clock; tab?: Tab }) {
    this.#wire = parts.wire;
    this.#channel = parts.channel;
    this.#clock = parts.clock;
    this.#name = parts.clock.random().toString(36).slice(2);
    this.tab = signal(parts.tab ?? 'all');
    this.unread = computed(() => this.#shownCount());
  }

  start(): void {
    this.#stopListening = this.#channel.listen((message) => {
      if (message.kind === 'claim') this.#hearClaim(message.claim);
      if (message.kind === 'settled') this.#settle(message.id, message.ok);
    });
  }

  stop(): void {
    this.#stopListening?.();
  }

  isRead(item: NotificationItem): boolean {
    if (item.is_read) return true;
    for (const claim of this.#claims.value.values()) if (covers(claim, item)) return true;
    return false;
  }

  setOpen(open: boolean): void {
    batch(() => {
      this.open.value = open;
      this.reveal();
      if (open) this.#dropRead();
    });
    if (open) void this.load();
  }

  setTab(tab: Tab): void {
    batch(() => {
      this.tab.value = tab;
      this.reveal();
      this.#dropRead();
    });
    void this.load();
  }

  /** Reads the first page of the current tab, unless it is there already. */
  async load(): Promise<void> {
    const tab = this.tab.value;
    const view = this.views[tab];
    if (view.value.status === 'loading' || view.value.status === 'ready') return;
    const asked: View = { ...view.value, status: 'loading' };
    view.value = asked;
    // Once the view is another one, it was read anew or given up meanwhile: this answer is the older one.
    try {
      await this.#buffered(async () => {
        const page = await this.#wire.list({ unread: tab === 'unread' });
        if (view.value === asked) this.#replace(tab, page);
      });
    } catch {
      if (view.value === asked) view.value = { ...asked, status: 'failed' };
    }
  }

  async loadMore(): Promise<void> {
    const tab = this.tab.value;
    const view = this.views[tab];
    const cursor = view.value.next;
    if (cursor === null || view.value.status !== 'ready' || view.value.more === 'loading') return;
    view.value = { ...view.value, more: 'loading' };
    try {
      const page = await this.#wire.list({ cursor, unread: tab === 'unread' });
      if (view.value.next !== cursor) return;
      batch(() => {
        this.#merge(page.items);
        const ids = union(view.value.ids, this.#idsFor(tab, page));
        view.value = { ids, next: page.next_cursor, status: 'ready', more: 'idle' };
      });
    } catch {
      if (view.value.next !== cursor) return;
      view.value = { ...view.value, more: 'failed' };
    }
  }

  /** Reads count and list anew, then applies the frames that came meanwhile. Throws what the wire throws. */
  refresh(): Promise<void> {
    this.#readAgain = this.#reading !== null;
    this.#reading ??= this.#readWhileAsked();
    return this.#reading;
  }

  /** Asks for the count alone; when it differs from what was known, a loaded list is read anew too. */
  async poll(): Promise<number> {
    const before = this.#count.value;
    const count = await this.#readCount();
    if (before !== null && count !== before) this.#refreshQuietly();
    return count;
  }

  /** A count that another tab has just read. */
  hearCount(count: number): void {
    if (count === this.#count.value) return;
    this.#setCount(count);
    this.#refreshQuietly();
  }

  apply(frame: Frame): void {
    // As it is heard: once it waited for an answer, that may know of it too.
    const isNews = frame.event === 'notification' && !this.items.value.has(frame.item.id);
    const applyIt = () => this.#applyNow(frame, isNews);
    if (this.#readers > 0) this.#buffer.push(applyIt);
    else batch(applyIt);
  }

  async markRead(id: string): Promise<void> {
    const item = this.items.value.get(id);
    if (!item || this.isRead(item)) return;
    await this.#claim(
      { ids: [id], covers: 0, upTo: Number.NEGATIVE_INFINITY },
      () => this.#wire.markRead(id),
      {
        text: `“${item.title}” could not be marked as read.`,
        retry: () => void this.markRead(id),
      },
    );
  }

  async markAllRead(): Promise<void> {
    if (this.unread.value === 0) return;
    const sent = this.#claim(
      { ids: 'all', covers: this.unread.value ?? 0, upTo: this.#newest() },
      () => this.#wire.markAllRead(),
      { text: 'The notifications could not be marked as read.', retry: () => void this.markAllRead() },
    );
    const unread = this.views.unread;
    const before = unread.value;
    // Without `next`: the pages behind hold what has just been marked, and one that is on its way is let go.
    if (before.status === 'ready') unread.value = { ...before, ids: [], next: null, more: 'idle' };
    if (await sent) return;
    const now = unread.value;
    if (now.status !== 'ready') return;
    if (before.status === 'ready') {
      unread.value = { ...before, ids: union(now.ids, before.ids), more: 'idle' };
    } else {
      // It came while all of it was claimed.
      unread.value = unloaded;
      void this.load();
    }
  }

  /** Puts what was held back on top of the list. */
  reveal(): void {
    if (this.#heldGap) {
      this.#heldGap = false;
      for (const view of [this.views.all, this.views.unread]) view.value = { ...view.value, status: 'idle' };
      void this.load();
    }
    const ids = this.held.value;
    if (ids.length === 0) return;
    this.held.value = [];
    for (const id of ids) {
      const item = this.items.value.get(id);
      if (item) this.#insert(item);
    }
  }

  #shownCount(): number | null {
    const count = this.#count.value;
    if (count === null) return null;
    const ids = new Set<string>();
    let all = 0;
    for (const claim of this.#claims.value.values()) {
      if (claim.ids === 'all') all += claim.covers;
      else for (const id of claim.ids) if (!this.#readIds.value.has(id)) ids.add(id);
    }
    return Math.max(0, count - ids.size - all);
  }

  /** Frames that come while `read` runs are applied after it: an answer may be older than they are. */
  async #buffered(read: () => Promise<void>): Promise<void> {
    this.#readers += 1;
    try {
      await read();
    } finally {
      this.#readers -= 1;
      if (this.#readers === 0) this.#applyBuffer();
    }
  }

  #applyBuffer(): void {
    const frames = this.#buffer;
    this.#buffer = [];
    batch(() => {
      for (const applyIt of frames) applyIt();
    });
  }

  async #readWhileAsked(): Promise<void> {
    try {
      do {
        this.#readAgain = false;
        // Who asked meanwhile may have a better connection, or a newer token, than what has just failed.
        await this.#buffered(() => this.#readAnew()).catch((error) => {
          if (!this.#readAgain) throw error;
        });
      } while (this.#readAgain);
    } finally {
      this.#reading = null;
    }
  }

  async #readAnew(): Promise<void> {
    const tab = this.tab.value;
    const { status } = this.views[tab].value;
    const [, page] = await Promise.all([
      this.#readCount(),
      status === 'ready' || status === 'loading' ? this.#wire.list({ unread: tab === 'unread' }) : undefined,
    ]);
    const other = this.views[tab === 'all' ? 'unread' : 'all'];
    batch(() => {
      other.value = unloaded;
      if (!page) return;
      if (this.#holds()) this.#holdNew(tab, page);
      else this.#replace(tab, page);
    });
    // Who changed to the other tab meanwhile has just lost what it showed.
    if (this.tab.value !== tab) void this.load();
  }

  async #readCount(): Promise<number> {
    for (;;) {
      const version = this.#version;
      const count = await this.#wire.unreadCount();
      if (version !== this.#version) continue;
      this.#setCount(count);
      return count;
    }
  }

  #setCount(count: number): void {
    this.#version += 1;
    this.#count.value = count;
  }

  #refreshQuietly(): void {
    // The next poll or reconnect tries again; until then the count in hand stands.
    this.refresh().catch(() => undefined);
  }

  #applyNow(frame: Frame, isNews: boolean): void {
    switch (frame.event) {
      case 'ready':
        this.#setCount(frame.unread_count);
        break;
      case 'notification':
        this.#applyArrival(frame.item, isNews);
        this.#setCount(frame.unread_count);
        break;
      case 'read':
        if (frame.all) this.#setAllRead(this.#newest());
        this.#setRead(frame.ids ?? []);
        this.#setCount(frame.unread_count);
        break;
      case 'reset':
        this.resets.value += 1;
        this.#refreshQuietly();
        break;
      case 'bye':
        break;
    }
  }

  #applyArrival(item: NotificationItem, isNews: boolean): void {
    const known = this.items.value.has(item.id);
    this.#merge([item]);
    if (!this.#holds()) this.#insert(item);
    else if (!known) this.held.value = [...this.held.value, item.id];
    if (isNews) this.arrived.value = item;
  }

  #holds(): boolean {
    const { status, ids } = this.views[this.tab.value].value;
    return this.open.value && status === 'ready' && ids.length > 0;
  }

  #holdNew(tab: Tab, page: Page<NotificationItem>): void {
    const shown = new Set([...this.views[tab].value.ids, ...this.held.value]);
    const fresh = idsOf(page).filter((id) => !shown.has(id));
    this.#merge(page.items);
    this.#heldGap ||= page.items.length > 0 && fresh.length === page.items.length;
    this.held.value = [...this.held.value, ...fresh];
  }

  #replace(tab: Tab, page: Page<NotificationItem>): void {
    batch(() => {
      this.#merge(page.items);
      const ids = this.#idsFor(tab, page);
      this.views[tab].value = { ids, next: page.next_cursor, status: 'ready', more: 'idle' };
    });
  }

  #insert(item: NotificationItem): void {
    for (const tab of ['all', 'unread'] as const) {
      const view = this.views[tab];
      if (view.value.status !== 'ready' || view.value.ids.includes(item.id)) continue;
      if (tab === 'unread' && this.isRead(item)) continue;
      const ids = [...view.value.ids, item.id].sort((a, b) => this.#newerFirst(a, b));
      // Older than all that is loaded: it will come with its page.
      if (ids.at(-1) === item.id && view.value.next !== null) continue;
      view.value = { ...view.value, ids };
    }
  }

  #newerFirst(a: string, b: string): number {
    const [first, second] = [this.items.value.get(a), this.items.value.get(b)];
    if (!first || !second) return 0;
    return createdAt(second) - createdAt(first) || (a < b ? 1 : -1);
  }

  #merge(items: readonly NotificationItem[]): void {
    const merged = new Map(this.items.value);
    for (const item of items) {
      // There is no way back to unread: an answer that says so was overtaken on its way.
      const isRead = item.is_read || this.#readIds.value.has(item.id) || createdAt(item) <= this.#readUpTo;
      merged.set(item.id, isRead === item.is_read ? item : { ...item, is_read: isRead });
    }
    this.items.value = merged;
  }

  /** Of a page that is merged: an answer may list as unread what was marked since. */
  #idsFor(tab: Tab, page: Page<NotificationItem>): string[] {
    return idsOf(page).filter((id) => tab === 'all' || this.#isUnread(id));
  }

  #isUnread(id: string): boolean {
    const item = this.items.value.get(id);
    return item !== undefined && !this.isRead(item);
  }

  #dropRead(): void {
    const view = this.views.unread;
    if (view.value.status !== 'ready') return;
    const ids = view.value.ids.filter((id) => this.#isUnread(id));
    if (ids.length !== view.value.ids.length) view.value = { ...view.value, ids };
  }

  #newest(): number {
    let newest = this.#readUpTo;
    for (const item of this.items.value.values()) newest = Math.max(newest, createdAt(item));
    return newest;
  }

  async #claim(claim: Omit<Claim, 'id'>, send: () => Promise<void>, notice: Notice): Promise<boolean> {
    this.#claimed += 1;
    const id = `${this.#name}-${this.#claimed}`;
    const made = { ...claim, id };
    const version = this.#version;
    this.notice.value = null;
    this.#addClaim(made);
    this.#channel.post({ kind: 'claim', claim: made });
    const ok = await send().then(
      () => true,
      () => false,
    );
    this.#settle(id, ok, version);
    this.#channel.post({ kind: 'settled', id, ok });
    if (!ok) this.notice.value = notice;
    return ok;
  }

  #hearClaim(claim: Claim): void {
    this.#addClaim(claim);
    this.#clock.after(foreignClaimMs, () => {
      if (!this.#claims.value.has(claim.id)) return;
      this.#settle(claim.id, false);
      this.#refreshQuietly();
    });
  }

  #addClaim(claim: Claim): void {
    this.#claims.value = new Map(this.#claims.value).set(claim.id, claim);
  }

  #settle(id: string, ok: boolean, version = this.#version): void {
    const claim = this.#claims.value.get(id);
    if (!claim) return;
    batch(() => {
      const claims = new Map(this.#claims.value);
      claims.delete(id);
      this.#claims.value = claims;
      if (ok) this.#makeTrue(claim, version);
    });
  }

  #makeTrue(claim: Claim, version: number): void {
    const ids = claim.ids === 'all' ? [] : claim.ids.filter((id) => !this.#readIds.value.has(id));
    const counted = claim.ids === 'all' ? claim.covers : ids.length;
    if (claim.ids === 'all') this.#setAllRead(claim.upTo);
    else this.#setRead(claim.ids);
    if (counted === 0) return;
    // A count that came meanwhile may or may not include this mark: only the server knows.
    if (this.#count.value === null || version !== this.#version) this.#readCount().catch(() => undefined);
    else this.#setCount(Math.max(0, this.#count.value - counted));
  }

  #setRead(ids: readonly string[]): void {
    if (ids.length === 0) return;
    this.#readIds.value = new Set([...this.#readIds.value, ...ids]);
    this.#merge([...this.items.value.values()]);
  }

  #setAllRead(upTo: number): void {
    this.#readUpTo = Math.max(this.#readUpTo, upTo);
    const read = [...this.items.value.values()]
      .filter((item) => createdAt(item) <= upTo)
      .map((item) => item.id);
    this.#setRead(read);
    this.#claims.value = new Map(
      [...this.#claims.value].map(([id, claim]) => [
        id,
        claim.ids === 'all' ? { ...claim, covers: 0 } : claim,
      ]),
    );
  }
}

function covers(claim: Claim, item: NotificationItem): boolean {
  return claim.ids === 'all' ? createdAt(item) <= claim.upTo : claim.ids.includes(item.id);
}

function createdAt(item: NotificationItem): number {
  return Date.parse(item.created_at);
}

function idsOf(page: Page<NotificationItem>): string[] {
  return page.items.map((item) => item.id);
}

function union(first: readonly string[], second: readonly string[]): string[] {
  return [...new Set([...first, ...second])];
}
