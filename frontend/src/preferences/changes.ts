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

/** What is left of an earlier change once a later one is made; null if nothing is. */
export function remainder(earlier: Change, later: Change): Change | null {
  if ('mute' in earlier) {
    return 'mute' in later && later.mute.project === earlier.mute.project ? null : earlier;
  }
  if ('mute' in later) return earlier;
  const { channels = [], ...rest } = earlier.set;
  const left: PreferencesChange = remainderOfKeys(rest, later.set) ?? {};
  const leftOfChannels = channels.flatMap(({ type, ...boxes }) => {
    const made = later.set.channels?.find((channel) => channel.type === type) ?? {};
    const still = remainderOfKeys(boxes, made);
    return still ? [{ type, ...still }] : [];
  });
  if (leftOfChannels.length > 0) left.channels = leftOfChannels;
  return Object.keys(left).length > 0 ? { set: left } : null;
}

/** The same of what is nothing but keys and values. */
export function remainderOfKeys<Made extends object>(earlier: Made, later: object): Partial<Made> | null {
  const left = Object.entries(earlier).filter(([key]) => !(key in later));
  return left.length > 0 ? (Object.fromEntries(left) as Partial<Made>) : null;
}
