import type { PortalFile } from '../files/types.ts';

/** A message as the API sends it. Numbers count up from 1 in each room, without gaps. Times are ISO 8601 in UTC. */
export interface Message {
  id: string;
  room_id: string;
  project_id: string;
  number: number;
  author: Author;
  /** Empty when it has files only. */
  body: string;
  files: PortalFile[];
  created_at: string;
}

/** A message as a list of rooms tells of it. */
export interface LastMessage extends Omit<Message, 'room_id' | 'project_id' | 'files'> {
  file_count: number;
}

export interface Author {
  id: string;
  display_name: string;
}

export interface Room {
  id: string;
  project_id: string;
  project_name: string;
  client: Author;
  /** False when its client is no longer in the project: readable, but nothing can be posted. */
  is_open: boolean;
  unread_count: number;
  last_number: number;
  active_at: string;
  last_message: LastMessage | null;
}

export interface RoomPerson extends Author {
  role: string | null;
  read_number: number;
  is_online: boolean;
}

export interface RoomWithPeople extends Room {
  people: RoomPerson[];
}

export type Reads = Readonly<Record<string, number>>;

/** What the server sends over a room's socket. */
export type Frame =
  | { event: 'ready'; room_id: string; last_number: number; online: string[]; reads: Reads }
  | { event: 'message'; message: Message }
  | { event: 'typing'; user_id: string; display_name: string }
  | { event: 'read'; user_id: string; up_to: number }
  | { event: 'presence'; online: string[] }
  | { event: 'reset' }
  | { event: 'bye'; reason: string };

export interface SocketHandlers<Heard = Frame> {
  frame(frame: Heard): void;
  /** The socket is over. Browsers do not tell why a handshake was refused. */
  end(): void;
}

export interface Socket {
  typing(): void;
  /** Closes it without a call to `end`. */
  close(): void;
}

export type OpenSocket<Heard = Frame> = (handlers: SocketHandlers<Heard>) => Socket;

/** Which messages of a room: below `before`, or right after `after`; the newest without either. */
export interface Range {
  before?: number;
  after?: number;
  limit: number;
}

/** The server, as far as one room has to do with it. All of it throws `Problem`. */
export interface RoomWire {
  room(): Promise<RoomWithPeople>;
  /** Oldest first. */
  messages(range: Range): Promise<Message[]>;
  post(id: string, body: string, fileIds: readonly string[]): Promise<Message>;
  /** Takes back a file that is part of no message. */
  discardFile(id: string): Promise<void>;
  read(upTo: number): Promise<void>;
  /** The person looks at the room: they need no notifications about its messages. */
  opened(): Promise<void>;
}

/** A value that outlives the page. */
export interface Kept<Value> {
  read(): Value | null;
  write(value: Value | null): void;
}
