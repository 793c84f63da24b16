import type { Preferences } from './types.ts';

/** The zone of this browser, as far as it says. */
export function ownZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
}

/**
 * The zone to go by. As long as nothing depends on it, the server's is only a default: then it is the browser's, which
 * is saved with the first choice that needs one.
 */
export function zoneOf({ time_zone, digest, quiet_hours }: Preferences, own: string): string {
  const isUsed = digest === 'daily' || quiet_hours !== null;
  return isUsed || time_zone !== 'UTC' ? time_zone : own;
}

/** All that the browser knows, those given first; each once. */
export function zones(...first: string[]): string[] {
  return [...new Set([...first, 'UTC', ...Intl.supportedValuesOf('timeZone')])];
}

/** Those with all the words that were typed: "new york", "berlin", "europe". */
export function zonesFor(all: readonly string[], typed: string): string[] {
  const words = plain(typed).split(' ').filter(Boolean);
  return all.filter((zone) => words.every((word) => plain(zone).includes(word)));
}

/** As a person reads it. */
export const zoneText = (zone: string) => zone.replaceAll('_', ' ');

/** The zone that was typed in full. */
export function zoneNamed(all: readonly string[], typed: string): string | undefined {
  return all.find((zone) => plain(zone) === plain(typed));
}

/** What the clocks there show; nothing where the browser does not know the zone. */
export function timeIn(zone: string, now: Date): string | null {
  try {
    return new Intl.DateTimeFormat(undefined, { timeZone: zone, hour: '2-digit', minute: '2-digit' }).format(
      now,
    );
  } catch {
    return null;
  }
}

function plain(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[_/\s]+/g, ' ')
    .trim();
}
