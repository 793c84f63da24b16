import type { Mute, Preferences, PreferencesChange } from './types.ts';

/** A change of preferences, or of one project's silence. */
export type Change = { set: PreferencesChange } | { mute: Mute };

export function applied(value: Preferences, change: Change): Preferences {
  if ('mute' in change) {
    const { project, on } = change.mute;
    const others = value.muted_projects.filter((id) => id !== project);
    return { ...value, muted_projects: on ? [...others, project] : others };
  }
  const { channels = [], ...rest } = change.set;
  return {
    ...value,
    ...rest,
    channels: value.channels.map((known) => ({
      ...known,
      ...channels.find(({ type }) => type === known.type),
    })),
  };
}

/** Whether nothing of the earlier change is left once the later one is made. */
export function covers(later: Change, earlier: Change): boolean {
  if ('mute' in later || 'mute' in earlier) {
    return 'mute' in later && 'mute' in earlier && later.mute.project === earlier.mute.project;
  }
  const { channels = [], ...rest } = earlier.set;
  return (
    Object.keys(rest).every((key) => key in later.set) &&
    channels.every((old) =>
      later.set.channels?.some(
        (made) => made.type === old.type && Object.keys(old).every((key) => key in made),
      ),
    )
  );
}

/** Whether a change of the switches leaves nothing of an earlier one. */
export function coversKeys(later: object, earlier: object): boolean {
  return Object.keys(earlier).every((key) => key in later);
}
