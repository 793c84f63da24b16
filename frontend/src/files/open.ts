import { type Signal, signal } from '@preact/signals-core';
import { newId } from '../chat/ids.ts';
import { keptFiles } from '../chat/kept.ts';
import { Problem } from '../shared/http.ts';
import * as api from './api.ts';
import { Turns } from './queue.ts';
import type { PortalFile } from './types.ts';
import { mostAttached, Uploads } from './uploads.ts';
import { sendTo } from './xhr.ts';

/** More at once would only be slower each. */
const mostAtOnce = 3;

const turns = new Turns(mostAtOnce);
/** By where they go. They live on while the person is on another page of the portal. */
const places = new Map<string, Uploads>();

/** The last file that was shared from this page. */
export const uploaded: Signal<PortalFile | null> = signal(null);

let signedOut = (): void => undefined;

/** Files on their way to a room, for all of its people. */
export function uploadsTo(room: string): Uploads {
  return placed(`room ${room}`, () => {
    const done = (file: PortalFile) => {
      uploaded.value = file;
    };
    return new Uploads({ send: sendTo(room, false), turns, newId, done, signedOut: () => signedOut() });
  });
}

/** Files of something that is being written for a room; `place` tells it from others of the same room. */
export function draftsOf(me: string, room: string, place: string): Uploads {
  return placed(`draft ${me} ${room} ${place}`, () => {
    const uploads = new Uploads({
      send: sendTo(room, true),
      turns,
      newId,
      most: mostAttached,
      kept: keptFiles(me, `${room}:${place}`),
      discard: api.discard,
      signedOut: () => signedOut(),
    });
    void uploads.check(isUnused);
    return uploads;
  });
}

/** Begins to warn who leaves the portal in the middle of an upload. */
export function listenToUploads(whenSignedOut: () => void): void {
  signedOut = whenSignedOut;
  addEventListener('beforeunload', (event) => {
    if ([...places.values()].some(({ isBusy }) => isBusy.value)) event.preventDefault();
  });
  addEventListener('storage', () => {
    for (const uploads of places.values()) uploads.reread();
  });
}

/** Nobody is signed in any more. */
export function forgetUploads(): void {
  for (const uploads of places.values()) uploads.stop();
  places.clear();
  uploaded.value = null;
}

function placed(key: string, make: () => Uploads): Uploads {
  const known = places.get(key);
  if (known) return known;
  const made = make();
  places.set(key, made);
  return made;
}

/** Whether it still is a draft; when in doubt the server says so later. */
async function isUnused(id: string): Promise<boolean> {
  try {
    return (await api.file(id)).shared_at === null;
  } catch (error) {
    return !(error instanceof Problem && error.status === 404);
  }
}
