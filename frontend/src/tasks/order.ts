interface Placed {
  id: string;
}

/** The same things with one of them at another place, counted from 0 without it. */
export function moved<Thing extends Placed>(things: readonly Thing[], id: string, to: number): Thing[] {
  const one = things.find((thing) => thing.id === id);
  const others = things.filter((thing) => thing.id !== id);
  if (!one) return others;
  const place = Math.max(0, Math.min(to, others.length));
  return [...others.slice(0, place), one, ...others.slice(place)];
}

/** The same things with one of them right behind another; with null it is the first. */
export function movedBehind<Thing extends Placed>(
  things: readonly Thing[],
  id: string,
  after: string | null,
): Thing[] {
  if (after === null) return moved(things, id, 0);
  const place = things.filter((thing) => thing.id !== id).findIndex((thing) => thing.id === after);
  // Behind what is no longer there, it stays where it is.
  return place < 0 ? [...things] : moved(things, id, place + 1);
}

/** Behind which one it stands at that place, counted from 0 without it; null when it is the first. */
export function neighbourAt(things: readonly Placed[], id: string, to: number): string | null {
  const others = things.filter((thing) => thing.id !== id);
  return to <= 0 ? null : (others[Math.min(to, others.length) - 1]?.id ?? null);
}

/**
 * Where a thing that is dragged would stand, counted from 0 without it.
 *
 * `middles` are the others' middles from top to bottom, `at` is where the dragged one's middle is.
 */
export function placeAt(middles: readonly number[], at: number): number {
  return middles.filter((middle) => middle < at).length;
}
