import * as api from './api.ts';
import { applied, type Change, remainder, remainderOfKeys } from './changes.ts';
import { Kept } from './kept.ts';
import type { Preferences, Settings, SettingsChange } from './types.ts';

export type Switches = Kept<Settings, SettingsChange>;
export type Choices = Kept<Preferences, Change>;

interface Held {
  person: string;
  settings: Switches;
  preferences: Choices;
}

let held: Held | null = null;

/** How this person wants to be told; from one page to the next it stays. `signedOut`: nobody is, any more. */
export function preferencesOf(person: string, signedOut: () => void): Held {
  if (held?.person !== person) {
    held = {
      person,
      settings: new Kept({
        load: api.settings,
        send: api.changeSettings,
        apply: (value: Settings, change: SettingsChange) => ({ ...value, ...change }),
        remainder: remainderOfKeys,
        signedOut,
      }),
      preferences: new Kept({
        load: api.preferences,
        send: async (change: Change) =>
          'mute' in change ? api.mute(change.mute).then(() => undefined) : api.changePreferences(change.set),
        apply: applied,
        remainder,
        signedOut,
      }),
    };
  }
  return held;
}

/** Nobody is signed in any more. */
export function forgetPreferences(): void {
  held = null;
}
