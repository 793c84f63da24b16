import type { Channel, Clock, Elect, NotificationItem, StreamHandlers, TabMessage, Wire } from '../types.ts';

/** A person's inbox on a server that behaves, unless a test holds its answers back or lets them fail. */
export class FakeServer implements Wire {
  rows: NotificationItem[] = [];
  calls: string[] = [];
  failing: { status: number } | null = null;
  pageSize = 20;
  #held: (() => void)[] | null = null;

  add(count: number): NotificationItem[] {
    const before = this.rows.length;
    const made = Array.from({ length: count }, (_, index) => item(before + index + 1));
    for (const row of made) this.rows.unshift(row);
    return made;
  }

  get unread(): number {
    return this.rows.filter((row) => !row.is_read).length;
  }

  /** From now on answers wait, as they were when they were made, until `release`. */
  hold(): void {
    this.#held = [];
  }

  /** Lets the answers go, the last one first if they are to overtake each other. */
  async release(order: 'asked' | 'reversed' = 'asked'): Promise<void> {
    const held = this.#held ?? [];
    this.#held = null;
    if (order === 'reversed') held.reverse();
    for (const answer of held) {
      answer();
      await settled();
    }
  }

  list({ cursor = '', unread }: { cursor?: string; unread: boolean }) {
    const rows = this.rows.filter((row) => !unread || !row.is_read);
    const start = cursor === '' ? 0 : rows.findIndex((row) => row.id === cursor) + 1;
    const items = rows.slice(start, start + this.pageSize).map((row) => ({ ...row }));
    const hasMore = rows.length > start + this.pageSize;
    const next_cursor = hasMore ? (items.at(-1)?.id ?? null) : null;
    return this.#answer('list', { items, next_cursor });
  }

  unreadCount() {
    return this.#answer('count', this.unread);
  }

  markRead(id: string) {
    if (!this.failing) this.rows = this.rows.map((row) => (row.id === id ? { ...row, is_read: true } : row));
    return this.#answer<void>('read', undefined);
  }

  markAllRead() {
    if (!this.failing) this.rows = this.rows.map((row) => ({ ...row, is_read: true }));
    return this.#answer<void>('read_all', undefined);
  }

  #answer<Value>(name: string, value: Value): Promise<Value> {
    this.calls.push(name);
    const failure = this.failing;
    return new Promise((resolve, reject) => {
      const answer = () => (failure ? reject(failure) : resolve(value));
      if (this.#held) this.#held.push(answer);
      else answer();
    });
  }
}

export function item(number: number, changes: Partial<NotificationItem> = {}): NotificationItem {
  return {
    id: `n${number}`,
    title: `Notification ${number}`,
    body: null,
    type: 'message_posted',
    project_id: 'p',
    source_kind: 'message',
    source_id: `m${number}`,
    created_at: new Date(Date.UTC(2026, 0, 1, 0, number)).toISOString(),
    is_read: false,
    route_path: `/projects/p/messages?focus=m${number}`,
    ...changes,
  };
}

/** The tabs of one browser: what one says, the others hear. */
export class Tabs {
  #ears: { tab: number; hear: (message: TabMessage) => void }[] = [];
  #waiting: { lead: () => void }[] = [];
  #count = 0;

  channel(): Channel {
    this.#count += 1;
    const tab = this.#count;
    return {
      post: (message) => {
        for (const ear of [...this.#ears]) if (ear.tab !== tab) ear.hear(structuredClone(message));
      },
      listen: (hear) => {
        const ear = { tab, hear };
        this.#ears.push(ear);
        return () => {
          this.#ears = this.#ears.filter((other) => other !== ear);
        };
      },
    };
  }

  /** The first in the queue leads, until it resigns. */
  readonly elect: Elect = (lead) => {
    const candidate = { lead };
    this.#waiting.push(candidate);
    if (this.#waiting[0] === candidate) lead();
    return () => {
      const led = this.#waiting[0] === candidate;
      this.#waiting = this.#waiting.filter((other) => other !== candidate);
      if (led) this.#waiting[0]?.lead();
    };
  };
}

export class FakeClock implements Clock {
  #now = 0;
  #timers: { at: number; run: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  random(): number {
    return 0.5;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#now + ms, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Time passes; whatever falls due runs at its time, with its promises settled. */
  async pass(ms: number): Promise<void> {
    const until = this.#now + ms;
    for (;;) {
      const next = this.#timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#timers = this.#timers.filter((other) => other !== next);
      this.#now = Math.max(this.#now, next.at);
      next.run();
      await settled();
    }
    this.#now = until;
  }
}

/** Streams that the test answers by hand. */
export class FakeStreams {
  opened: { handlers: StreamHandlers; closed: boolean }[] = [];

  readonly open = (handlers: StreamHandlers) => {
    const stream = { handlers, closed: false };
    this.opened.push(stream);
    return () => {
      stream.closed = true;
    };
  };

  get last(): StreamHandlers {
    const stream = this.opened.at(-1);
    if (!stream) throw new Error('no stream was opened');
    return stream.handlers;
  }

  get openNow(): number {
    return this.opened.filter(({ closed }) => !closed).length;
  }
}

export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}
