import type { Page } from '../shared/page.ts';

/** A file as the API sends it. Once shared it never changes. */
export interface PortalFile {
  id: string;
  room_id: string;
  project_id: string;
  name: string;
  /** By its content, as the server found it. */
  media_type: string;
  size: number;
  sha256: string;
  /** Of a picture. */
  width: number | null;
  height: number | null;
  has_thumbnail: boolean;
  uploader: { id: string; display_name: string };
  created_at: string;
  /** Null while only its uploader sees it. */
  shared_at: string | null;
}

export type FilePage = Page<PortalFile>;

/** What is needed of a file on this machine. A browser's `File` is one. */
export interface LocalFile {
  readonly name: string;
  readonly size: number;
}

export interface SendHandlers<Local> {
  id: string;
  file: Local;
  /** Bytes that have gone out, of as many as the file has. */
  progress(sent: number): void;
  done(file: PortalFile): void;
  /** With what `call` would throw. */
  failed(error: unknown): void;
}

/** Sends the bytes of one file; the answer ends that, without a further call. */
export type Send<Local> = (handlers: SendHandlers<Local>) => () => void;
