import type { Page } from '../shared/page.ts';

/** One row of the inbox, as the API sends it. Times are ISO 8601 in UTC. */
export interface NotificationItem {
  id: string;
  title: string;
  body: string | null;
  type: string;
  project_id: string;
  source_kind: string;
  source_id: string;
  created_at: string;
  is_read: boolean;
  route_path: string;
}

/** What the server sends over the stream; every count is absolute. */
export type Frame =
  | { event: 'ready'; unread_count: number }
  | { event: 'notification'; item: NotificationItem; unread_count: number }
  | { event: 'read'; ids?: string[]; all?: boolean; unread_count: number }
  | { event: 'reset' }
  | { event: 'bye'; reason: string };

/** `polling`: the stream is down but the API answers. `offline`: nothing answers. */
export type Mode = 'connecting' | 'live' | 'polling' | 'offline' | 'signed_out';

export type Tab = 'all' | 'unread';

/** A read mark on its way to the server: shown at once, true only when it settles. */
export interface Claim {
  id: string;
  /** The notifications claimed, or every one that was known when the claim was made. */
  ids: string[] | 'all';
  /** How many of the unread count a claim of all covers. */
  covers: number;
  /** Newest known creation time in ms: a claim of all covers what is not newer. */
  upTo: number;
}

/** What the tabs of one browser say to each other. */
export type TabMessage =
  | { kind: 'frame'; frame: Frame }
  | { kind: 'beat'; mode: Mode; count?: number }
  | { kind: 'hello' }
  | { kind: 'restart' }
  | { kind: 'unseen' }
  | { kind: 'claim'; claim: Claim }
  | { kind: 'settled'; id: string; ok: boolean };

export interface Wire {
  list(query: { cursor?: string; unread: boolean }): Promise<Page<NotificationItem>>;
  unreadCount(): Promise<number>;
  markRead(id: string): Promise<void>;
  markAllRead(): Promise<void>;
}

export interface StreamHandlers {
  frame(frame: Frame): void;
  /** Bytes came, be they only a comment that keeps the stream alive. */
  alive(): void;
  /** The stream is over; `status` is the HTTP status when the server refused it. */
  end(status: number | undefined): void;
}

/** Opens the stream; the answer closes it without a call to `end`. */
export type OpenStream = (handlers: StreamHandlers) => () => void;

export interface Channel {
  post(message: TabMessage): void;
  listen(hear: (message: TabMessage) => void): () => void;
}

/** Waits for the leadership of all tabs and calls `lead` once it has it; the answer gives it up. */
export type Elect = (lead: () => void) => () => void;

export interface Clock {
  now(): number;
  random(): number;
  after(ms: number, run: () => void): () => void;
}
