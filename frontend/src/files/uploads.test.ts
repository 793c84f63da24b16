import { expect, test } from 'vitest';
import { FakeKept } from '../chat/testing/world.ts';
import { Problem } from '../shared/http.ts';
import { Turns } from './queue.ts';
import { FakeRoom, fileOf, local } from './testing/world.ts';
import type { PortalFile } from './types.ts';
import { Uploads } from './uploads.ts';

function drafts(server: FakeRoom, parts: Partial<ConstructorParameters<typeof Uploads>[0]> = {}) {
  let ids = 0;
  return new Uploads({
    send: server.send,
    turns: new Turns(3),
    newId: () => {
      ids += 1;
      return `id${ids}`;
    },
    ...parts,
  });
}

const states = (uploads: ReturnType<typeof drafts>) => uploads.entries.value.map(({ state }) => state);

test('three go at once, the others wait for their turn', () => {
  const server = new FakeRoom();
  const uploads = drafts(server);
  uploads.add([local('a'), local('b'), local('c'), local('d')]);
  expect(states(uploads)).toEqual(['sending', 'sending', 'sending', 'waiting']);
  server.take('id2');
  expect(states(uploads)).toEqual(['sending', 'done', 'sending', 'sending']);
});

test('uploads to several places share the turns', () => {
  const server = new FakeRoom();
  const turns = new Turns(3);
  const uploads = drafts(server, { turns });
  const elsewhere = drafts(new FakeRoom(), { turns });
  uploads.add([local('a'), local('b'), local('c')]);
  elsewhere.add([local('d')]);
  expect(states(elsewhere)).toEqual(['waiting']);
  uploads.remove('id1');
  expect(states(elsewhere)).toEqual(['sending']);
});

test('it tells how far each is', () => {
  const server = new FakeRoom();
  const uploads = drafts(server);
  uploads.add([local('plan.pdf', 1000)]);
  server.progress('id1', 400);
  expect(uploads.entries.value[0]).toMatchObject({ name: 'plan.pdf', size: 1000, sent: 400 });
  expect(uploads.isBusy.value).toBe(true);
  server.take('id1');
  expect(uploads.isBusy.value).toBe(false);
  expect(uploads.files.value.map(({ id }) => id)).toEqual(['id1']);
});

test('what is cancelled ends and gives its turn to the next', () => {
  const server = new FakeRoom();
  const uploads = drafts(server);
  uploads.add([local('a'), local('b'), local('c'), local('d'), local('e')]);
  uploads.remove('id5');
  uploads.remove('id1');
  expect(server.stopped).toEqual(['id1']);
  expect(states(uploads)).toEqual(['sending', 'sending', 'sending']);
});

test('what the network lost is sent again as the same file', () => {
  const server = new FakeRoom();
  const uploads = drafts(server);
  uploads.add([local('a')]);
  server.progress('id1', 50);
  server.fail('id1', new Problem(0));
  expect(uploads.entries.value[0]).toMatchObject({
    state: 'failed',
    canRetry: true,
    reason: 'The connection was lost.',
  });
  expect(uploads.hasFailed.value).toBe(true);
  uploads.retry('id1');
  expect(uploads.entries.value[0]).toMatchObject({ state: 'sending', sent: 0, reason: null });
  expect(server.begun).toEqual(['id1', 'id1']);
  server.take('id1');
  expect(uploads.files.value).toHaveLength(1);
});

test.each([
  [413, 'The file is larger than 100 MB.'],
  [415, 'Files of this type are not taken.'],
  [409, 'The conversation is closed.'],
])('what the portal refuses with %i says why, and is not tried again', (status, detail) => {
  const server = new FakeRoom();
  const uploads = drafts(server);
  uploads.add([local('a')]);
  server.fail('id1', new Problem(status, { detail }));
  expect(uploads.entries.value[0]).toMatchObject({ state: 'failed', canRetry: false, reason: detail });
});

test('the end of the session is told', () => {
  const server = new FakeRoom();
  let told = 0;
  const uploads = drafts(server, {
    signedOut: () => {
      told += 1;
    },
  });
  uploads.add([local('a')]);
  server.fail('id1', new Problem(401));
  expect(told).toBe(1);
});

test('an empty file is not sent', () => {
  const server = new FakeRoom();
  const uploads = drafts(server);
  uploads.add([local('empty', 0)]);
  expect(uploads.entries.value[0]).toMatchObject({ state: 'failed', reason: 'This file is empty.' });
  expect(server.begun).toEqual([]);
});

test('more than there is room for is refused in words', () => {
  const uploads = drafts(new FakeRoom(), { most: 2 });
  uploads.add([local('a')]);
  uploads.add([local('b'), local('c')]);
  expect(uploads.entries.value.map(({ name }) => name)).toEqual(['a', 'b']);
  expect(uploads.refusal.value).toBe('At most 2 files can be attached at once.');
  uploads.remove('id1');
  uploads.add([local('c')]);
  expect(uploads.refusal.value).toBeNull();
});

test('what is done is kept over a reload, and what is not is not', () => {
  const server = new FakeRoom();
  const kept = new FakeKept<PortalFile[]>();
  const uploads = drafts(server, { kept });
  uploads.add([local('a'), local('b')]);
  server.take('id1');
  const later = drafts(server, { kept });
  expect(later.entries.value).toMatchObject([{ id: 'id1', name: 'a', state: 'done' }]);
});

test('what was used is neither kept nor taken back', () => {
  const server = new FakeRoom();
  const kept = new FakeKept<PortalFile[]>();
  const discarded: string[] = [];
  const discard = async (id: string) => void discarded.push(id);
  const uploads = drafts(server, { kept, discard });
  uploads.add([local('a')]);
  server.take('id1');
  uploads.used();
  expect(uploads.entries.value).toEqual([]);
  expect(kept.read()).toBeNull();
  expect(discarded).toEqual([]);
});

test('what is removed is taken back when it may be there', () => {
  const server = new FakeRoom();
  const discarded: string[] = [];
  const discard = async (id: string) => void discarded.push(id);
  const uploads = drafts(server, { discard });
  uploads.add([local('a'), local('b'), local('c', 100)]);
  server.take('id1');
  server.progress('id3', 100);
  for (const id of ['id1', 'id2', 'id3']) uploads.remove(id);
  expect(discarded).toEqual(['id1', 'id3']);
});

test('what another tab used goes, and what it added comes', () => {
  const server = new FakeRoom();
  const kept = new FakeKept<PortalFile[]>();
  const uploads = drafts(server, { kept });
  uploads.add([local('a'), local('b')]);
  server.take('id1');
  kept.write([{ ...fileOf('id9'), name: 'other' }]);
  uploads.reread();
  expect(uploads.entries.value.map(({ id, state }) => [id, state])).toEqual([
    ['id2', 'sending'],
    ['id9', 'done'],
  ]);
});

test('what is no longer there to be used is let go', async () => {
  const server = new FakeRoom();
  const kept = new FakeKept<PortalFile[]>();
  kept.write([fileOf('id8'), fileOf('id9')]);
  const uploads = drafts(server, { kept });
  await uploads.check(async (id) => id === 'id9');
  expect(uploads.files.value.map(({ id }) => id)).toEqual(['id9']);
  expect(kept.read()?.map(({ id }) => id)).toEqual(['id9']);
});

test('what goes to a room is handed on when it is there, and no longer listed', () => {
  const server = new FakeRoom();
  const done: string[] = [];
  const uploads = drafts(server, { done: ({ id }) => void done.push(id) });
  uploads.add([local('a'), local('b')]);
  server.take('id2');
  expect(done).toEqual(['id2']);
  expect(uploads.entries.value.map(({ id }) => id)).toEqual(['id1']);
});

test('signed out, all of it ends and what is kept stays for the next time', () => {
  const server = new FakeRoom();
  const kept = new FakeKept<PortalFile[]>();
  const uploads = drafts(server, { kept });
  uploads.add([local('a'), local('b')]);
  server.take('id1');
  uploads.stop();
  expect(server.stopped).toEqual(['id2']);
  expect(uploads.entries.value).toEqual([]);
  expect(kept.read()).toHaveLength(1);
});
