import type { LocalFile, PortalFile, SendHandlers } from '../types.ts';

/** A room on a server that takes and refuses files when a test says so. */
export class FakeRoom {
  /** Ids in the order in which their bytes began to come. */
  readonly begun: string[] = [];
  readonly stopped: string[] = [];
  readonly #coming = new Map<string, SendHandlers<LocalFile>>();

  readonly send = (handlers: SendHandlers<LocalFile>) => {
    this.begun.push(handlers.id);
    this.#coming.set(handlers.id, handlers);
    return () => {
      if (this.#coming.delete(handlers.id)) this.stopped.push(handlers.id);
    };
  };

  progress(id: string, sent: number): void {
    this.#coming.get(id)?.progress(sent);
  }

  take(id: string): void {
    const handlers = this.#answer(id);
    handlers.done({ ...fileOf(id), name: handlers.file.name, size: handlers.file.size });
  }

  fail(id: string, error: unknown): void {
    this.#answer(id).failed(error);
  }

  #answer(id: string): SendHandlers<LocalFile> {
    const handlers = this.#coming.get(id);
    if (!handlers) throw new Error(`${id} is not on its way`);
    this.#coming.delete(id);
    return handlers;
  }
}

export function local(name: string, size = 100): LocalFile {
  return { name, size };
}

export function fileOf(id: string, sharedAt: string | null = null): PortalFile {
  return {
    id,
    room_id: 'room',
    project_id: 'project',
    name: id,
    media_type: 'text/plain',
    size: 100,
    sha256: '0'.repeat(64),
    width: null,
    height: null,
    has_thumbnail: false,
    uploader: { id: 'me', display_name: 'Mia' },
    created_at: '2026-11-20T12:00:00.000Z',
    shared_at: sharedAt,
  };
}
