import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { settled } from '../inbox/testing/world.ts';

const clara = { id: 'clara', display_name: 'Clara', email: 'clara@example.com', role: 'client' };

/** The other tabs of the browser. */
class FakeChannel extends EventTarget {
  static said: unknown[] = [];
  static here: FakeChannel;

  constructor() {
    super();
    FakeChannel.here = this;
  }

  postMessage(word: unknown): void {
    FakeChannel.said.push(word);
  }

  hears(word: unknown): void {
    this.dispatchEvent(new MessageEvent('message', { data: word }));
  }
}

let session: typeof import('./session.ts');
let notice: typeof import('./notice.ts')['loginNotice'];
let kept: typeof import('../chat/kept.ts');
/** What the server answers to each path. */
let answers: Record<string, { status: number; body: object }>;
let reload: ReturnType<typeof vi.fn>;

class FakeStorage {
  [key: string]: unknown;

  getItem(key: string): string | null {
    return (this[key] as string | undefined) ?? null;
  }

  setItem(key: string, value: string): void {
    this[key] = value;
  }

  removeItem(key: string): void {
    delete this[key];
  }
}

beforeEach(async () => {
  answers = { '/api/auth/me': { status: 200, body: clara }, '/api/auth/logout': { status: 200, body: {} } };
  reload = vi.fn();
  vi.stubGlobal('BroadcastChannel', FakeChannel);
  vi.stubGlobal('location', { reload });
  vi.stubGlobal('localStorage', new FakeStorage());
  vi.stubGlobal('sessionStorage', new FakeStorage());
  vi.stubGlobal('fetch', (url: string) => {
    const { status, body } = answers[url] ?? { status: 404, body: {} };
    return Promise.resolve(Response.json(body, { status }));
  });
  vi.resetModules();
  session = await import('./session.ts');
  ({ loginNotice: notice } = await import('./notice.ts'));
  kept = await import('../chat/kept.ts');
  await session.startSession();
});

afterEach(() => vi.unstubAllGlobals());

function endedBecause(detail: string): void {
  answers['/api/auth/me'] = { status: 401, body: { title: 'Unauthenticated', status: 401, detail } };
}

async function answered(): Promise<void> {
  await vi.waitFor(() => expect(notice.value).not.toBeNull(), { timeout: 4_000 });
}

test('who is switched off is told so', async () => {
  endedBecause('This account is not active.');
  session.endSession();
  expect(session.user.value).toBeNull();
  await answered();
  expect(notice.value?.text).toMatch(/^Your account has been switched off/);
});

test('who is signed out from elsewhere is told that, and not that the account is gone', async () => {
  endedBecause('This session has ended; sign in again.');
  session.endSession();
  await answered();
  expect(notice.value?.text).toBe('You have been signed out. Sign in again to go on.');
});

test('who signs out is told nothing, whatever comes first', async () => {
  endedBecause('This session has ended; sign in again.');
  const signedOut = session.signOut();
  session.endSession();
  await signedOut;
  session.endSession();
  await settled();
  expect(session.user.value).toBeNull();
  expect(notice.value).toBeNull();
});

test('who signs out in another tab is told nothing here either', async () => {
  endedBecause('This session has ended; sign in again.');
  session.endSession();
  FakeChannel.here.hears({ kind: 'signed_out' });
  await settled();
  await settled();
  expect(notice.value).toBeNull();
});

test('a visit without a session is no sign-out', async () => {
  endedBecause('Sign in first.');
  await session.startSession();
  session.endSession();
  await settled();
  expect(notice.value).toBeNull();
});

test('somebody else in another tab finds nothing of what was written here', () => {
  kept.keptDraft('clara', 'room').write('Mine');
  kept.keptUnsent('clara', 'room').write(['Mine']);
  kept.keptDraft('deniz', 'room').write('Theirs');
  FakeChannel.here.hears({ kind: 'signed_in', id: 'deniz' });
  expect(reload).toHaveBeenCalledOnce();
  expect(kept.keptDraft('clara', 'room').read()).toBeNull();
  expect(kept.keptUnsent('clara', 'room').read()).toBeNull();
  expect(kept.keptDraft('deniz', 'room').read()).toBe('Theirs');
});
