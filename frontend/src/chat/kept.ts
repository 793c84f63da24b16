import type { Kept } from './types.ts';

const prefix = 'portal-chat';

/** What this person has begun to write in a room; every tab of the browser knows it. */
export function keptDraft(user: string, room: string): Kept<string> {
  return keptIn(() => localStorage, draftKey(user, room));
}

/** Tells whenever another tab changed the draft; the answer ends that. */
export function watchDraft(user: string, room: string, changed: () => void): () => void {
  const own = draftKey(user, room);
  const heard = ({ key }: StorageEvent) => {
    // Without a key everything was cleared.
    if (key === own || key === null) changed();
  };
  addEventListener('storage', heard);
  return () => removeEventListener('storage', heard);
}

const draftKey = (user: string, room: string) => `${prefix}:draft:${user}:${room}`;

/** The files that were uploaded for what this person is writing, and are not part of anything yet. */
export function keptFiles<Value>(user: string, place: string): Kept<Value> {
  return keptIn(() => localStorage, `${prefix}:files:${user}:${place}`);
}

/** What this tab has not been able to send; another tab with it would send it too. */
export function keptUnsent<Value>(user: string, room: string): Kept<Value> {
  return keptIn(() => sessionStorage, `${prefix}:unsent:${user}:${room}`);
}

/** Nothing of what was written stays on this machine, but for what one person wrote who is still here. */
export function forgetKept(except: string | null = null): void {
  for (const storage of [() => localStorage, () => sessionStorage]) {
    try {
      const area = storage();
      for (const key of Object.keys(area)) {
        const [owner, , user] = key.split(':');
        if (owner === prefix && user !== except) area.removeItem(key);
      }
    } catch {
      // A browser that keeps nothing has nothing to forget.
    }
  }
}

/** Storage may be refused or full: then it is kept as long as the page only. */
function keptIn<Value>(storage: () => Storage, key: string): Kept<Value> {
  return {
    read() {
      try {
        return JSON.parse(storage().getItem(key) ?? 'null') as Value | null;
      } catch {
        return null;
      }
    },
    write(value) {
      try {
        if (value === null) storage().removeItem(key);
        else storage().setItem(key, JSON.stringify(value));
      } catch {
        // As said above.
      }
    },
  };
}
