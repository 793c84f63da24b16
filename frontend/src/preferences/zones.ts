import type { Preferences } from './types.ts';
import { alsoCalled, namesToday } from './zone-names.ts';

/** The zone of this browser, as far as it says. */
export function ownZone(): string {
  return nameToday(Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC');
}

/** The zone that the person chose; until there is one, the browser's. */
export function zoneOf({ time_zone }: Preferences, own: string): string {
  return time_zone === null ? own : nameToday(time_zone);
}

/** All that the browser knows, those given first; each once, by its name of today. */
export function zones(...first: string[]): string[] {
  return [...new Set([...first, 'UTC', ...Intl.supportedValuesOf('timeZone')].map(nameToday))];
}

/**
 * Those with words that begin as all that was typed: "new york", "berlin", "germany", "calcutta", "CET". Where most
 * people live comes first.
 */
export function zonesFor(all: readonly string[], typed: string): string[] {
  const begun = plain(typed).split(' ').filter(Boolean);
  const found = all.filter((zone) =>
    begun.every((beginning) => wordsOf(zone).some((word) => word.startsWith(beginning))),
  );
  return [...found.filter((zone) => zone in alsoCalled), ...found.filter((zone) => !(zone in alsoCalled))];
}

/** As a person reads it. */
export const zoneText = (zone: string) => zone.replaceAll('_', ' ');

/** The zone that was typed in full, by its name of today or of once. */
export function zoneNamed(all: readonly string[], typed: string): string | undefined {
  const wanted = plain(typed);
  const known = all.find((zone) => plain(zone) === wanted);
  if (known) return known;
  const [, today] = Object.entries(namesToday).find(([once]) => plain(once) === wanted) ?? [];
  return all.find((zone) => zone === today);
}

/** The zone that was typed in full, or the only one that is found by what was typed. */
export function zoneMeant(all: readonly string[], typed: string): string | undefined {
  const found = zonesFor(all, typed);
  return zoneNamed(all, typed) ?? (found.length === 1 ? found[0] : undefined);
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

function nameToday(zone: string): string {
  return namesToday[zone] ?? zone;
}

/** Asking the browser for names takes its time: each zone once, when somebody searches. */
const known = new Map<string, readonly string[]>();

/** All by which a zone is found. */
function wordsOf(zone: string): readonly string[] {
  let words = known.get(zone);
  if (!words) {
    const once = Object.keys(namesToday).filter((name) => namesToday[name] === zone);
    const texts = [zone, ...once, alsoCalled[zone] ?? '', ...timesOf(zone)];
    words = plain(texts.join(' ')).split(' ');
    known.set(zone, words);
  }
  return words;
}

/** "Central European Standard Time" and "Central European Summer Time", with their initials: CET, CEST. */
function timesOf(zone: string): string[] {
  try {
    const format = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'long' });
    const names = halfYears.map(
      (moment) => format.formatToParts(moment).find(({ type }) => type === 'timeZoneName')?.value ?? '',
    );
    // What has no name of its own is "GMT+4".
    const named = names.filter((name) => name.endsWith('Time'));
    return named.flatMap((name) => [name, initials(name), initials(name.replace('Standard ', ''))]);
  } catch {
    return [];
  }
}

const halfYears = [new Date('2026-01-01T12:00:00Z'), new Date('2026-07-01T12:00:00Z')];

function initials(name: string): string {
  return name
    .split(' ')
    .map((word) => word[0])
    .join('');
}

/** In small letters without accents, all that parts words being a space. */
function plain(text: string): string {
  return text
    .normalize('NFD')
    .replaceAll(/\p{Mn}/gu, '')
    .toLowerCase()
    .replaceAll(/[_/\s]+/g, ' ')
    .trim();
}
