import { Problem } from './http.ts';

/** One change of a thing, the version it led to, and what it did to the fields. */
export interface Change {
  version: number;
  actor: { id: string; display_name: string };
  at: string;
  fields: Record<string, { before: unknown; after: unknown }>;
}

/** Somebody else was faster: the thing as it is now, and what was done to it. */
export interface Conflict<Thing> {
  current: Thing;
  changes: Change[];
}

/** The conflict that an answer about a `Thing` tells of; null for any other problem. */
export function conflictOf<Thing>(error: unknown): Conflict<Thing> | null {
  if (!(error instanceof Problem) || !error.type.endsWith('/changed-meanwhile')) return null;
  const { current, changes } = error.body;
  if (typeof current !== 'object' || current === null) return null;
  return { current: current as Thing, changes: Array.isArray(changes) ? (changes as Change[]) : [] };
}

/** What is to be sent: those of the named fields that differ from what was there when the writing began. */
export function patchOf<Name extends string, Fields extends Record<Name, unknown>>(
  names: readonly Name[],
  before: Fields,
  after: Fields,
): Partial<Pick<Fields, Name>> {
  const changed = names.filter((name) => after[name] !== before[name]).map((name) => [name, after[name]]);
  return Object.fromEntries(changed) as Partial<Pick<Fields, Name>>;
}
