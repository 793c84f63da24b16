import { beforeEach, describe, expect, test } from 'vitest';
import { Problem } from './http.ts';
import { Listing } from './listing.ts';
import type { Page } from './page.ts';

/** A list on a server: cursors are the id of the last item sent. */
class Shelf {
  ids: string[];
  problem: Problem | null = null;
  asked: { cursor: string; limit: number }[] = [];
  /** Answers wait while this is set. */
  gate: Promise<void> | null = null;

  constructor(count: number) {
    this.ids = Array.from({ length: count }, (_, index) => `item-${index}`);
  }

  load = async (cursor: string, limit: number): Promise<Page<{ id: string }>> => {
    this.asked.push({ cursor, limit });
    const { problem, gate } = this;
    const from = cursor ? this.ids.indexOf(cursor) + 1 : 0;
    const page = this.ids.slice(from, from + limit);
    const next = from + limit < this.ids.length ? (page.at(-1) ?? null) : null;
    if (gate) await gate;
    if (problem) throw problem;
    return { items: page.map((id) => ({ id })), next_cursor: next };
  };
}

let shelf: Shelf;
let signedOut: number;

beforeEach(() => {
  shelf = new Shelf(120);
  signedOut = 0;
});

function newListing(): Listing<{ id: string }> {
  return new Listing({
    load: shelf.load,
    idOf: ({ id }) => id,
    onSignedOut: () => {
      signedOut += 1;
    },
  });
}

function ids(listing: Listing<{ id: string }>): string[] {
  return listing.view.value.items.map(({ id }) => id);
}

describe('reading page by page', () => {
  test('ends with everything, each once', async () => {
    const listing = newListing();
    await listing.refresh();
    expect(ids(listing)).toHaveLength(50);
    await listing.loadMore();
    await listing.loadMore();
    expect(ids(listing)).toEqual(shelf.ids);
    expect(listing.view.value.next).toBeNull();
    await listing.loadMore();
    expect(shelf.asked).toHaveLength(3);
  });

  test('asks once for one page, however often the view asks', async () => {
    const listing = newListing();
    await listing.refresh();
    await Promise.all([listing.loadMore(), listing.loadMore()]);
    expect(shelf.asked).toHaveLength(2);
    expect(ids(listing)).toHaveLength(100);
  });

  test('shows what moved below between two pages only once', async () => {
    const listing = newListing();
    await listing.refresh();
    shelf.ids.splice(60, 0, 'item-3');
    await listing.loadMore();
    expect(ids(listing).filter((id) => id === 'item-3')).toHaveLength(1);
  });

  test('a page that fails leaves the others and can be asked for again', async () => {
    const listing = newListing();
    await listing.refresh();
    shelf.problem = new Problem(503);
    await listing.loadMore();
    expect(listing.view.value).toMatchObject({ status: 'ready', more: 'failed' });
    shelf.problem = null;
    await listing.loadMore();
    expect(listing.view.value.more).toBe('idle');
    expect(ids(listing)).toHaveLength(100);
  });
});

describe('reading anew', () => {
  test('keeps the place: what was read below the first pages stays', async () => {
    const listing = newListing();
    await listing.refresh();
    await listing.loadMore();
    await listing.loadMore();
    shelf.ids = shelf.ids.filter((id) => id !== 'item-1');
    await listing.refresh();
    expect(shelf.asked.at(-1)).toEqual({ cursor: '', limit: 100 });
    expect(ids(listing)).toEqual(shelf.ids);
    expect(listing.view.value.next).toBeNull();
  });

  test('ends with the last page when the list became short', async () => {
    const listing = newListing();
    await listing.refresh();
    await listing.loadMore();
    shelf.ids = shelf.ids.slice(0, 10);
    await listing.refresh();
    expect(ids(listing)).toEqual(shelf.ids);
    expect(listing.view.value.next).toBeNull();
  });

  test('starts over when everything on top is new', async () => {
    const listing = newListing();
    await listing.refresh();
    await listing.loadMore();
    shelf.ids = [...Array.from({ length: 110 }, (_, index) => `new-${index}`), ...shelf.ids];
    await listing.refresh();
    expect(ids(listing)).toEqual(shelf.ids.slice(0, 100));
    await listing.loadMore();
    expect(ids(listing)).toEqual(shelf.ids.slice(0, 150));
  });

  test('drops a page that was asked for before', async () => {
    const listing = newListing();
    await listing.refresh();
    let open = () => {};
    shelf.gate = new Promise((resolve) => {
      open = resolve;
    });
    const page = listing.loadMore();
    shelf.gate = null;
    await listing.refresh();
    open();
    await page;
    expect(ids(listing)).toHaveLength(50);
    expect(listing.view.value.more).toBe('idle');
  });

  test('and a further page at once: neither undoes the other, whichever comes first', async () => {
    for (const isAnewFirst of [true, false]) {
      const listing = newListing();
      await listing.refresh();
      const opens: (() => void)[] = [];
      const held = () => {
        shelf.gate = new Promise((resolve) => opens.push(resolve));
      };
      shelf.ids = [`new-${isAnewFirst}`, ...shelf.ids];
      held();
      const anew = listing.refresh();
      held();
      const more = listing.loadMore();
      shelf.gate = null;
      const order = isAnewFirst ? [anew, more] : [more, anew];
      if (!isAnewFirst) opens.reverse();
      for (const [at, answer] of order.entries()) {
        opens[at]?.();
        await answer;
      }
      while (listing.view.value.next !== null) await listing.loadMore();
      expect(ids(listing)).toEqual(shelf.ids);
    }
  });

  test('a failure leaves what is shown, and says so', async () => {
    const listing = newListing();
    await listing.refresh();
    shelf.problem = new Problem(0);
    await listing.refresh();
    expect(listing.view.value).toMatchObject({ status: 'ready', problem: { status: 0 } });
    expect(ids(listing)).toHaveLength(50);
    shelf.problem = null;
    await listing.refresh();
    expect(listing.view.value.problem).toBeNull();
  });
});

test('the first reading fails, and works when asked again', async () => {
  const listing = newListing();
  shelf.problem = new Problem(500);
  await listing.refresh();
  expect(listing.view.value).toMatchObject({ status: 'failed', problem: { status: 500 } });
  shelf.problem = null;
  await listing.refresh();
  expect(listing.view.value.status).toBe('ready');
});

test('an ended session is told', async () => {
  const listing = newListing();
  shelf.problem = new Problem(401);
  await listing.refresh();
  expect(signedOut).toBe(1);
});
