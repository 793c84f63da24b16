import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { isId, newId } from './ids.ts';
import { forgetKept, keptDraft, keptUnsent, watchDraft } from './kept.ts';

/** As a browser has it: what is kept shows as its properties. */
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

beforeEach(() => {
  vi.stubGlobal('localStorage', new FakeStorage());
  vi.stubGlobal('sessionStorage', new FakeStorage());
});

afterEach(() => vi.unstubAllGlobals());

test('a draft is kept for one person in one room', () => {
  keptDraft('clara', 'room').write('Hello');
  expect(keptDraft('clara', 'room').read()).toBe('Hello');
  expect(keptDraft('clara', 'other room').read()).toBeNull();
  expect(keptDraft('deniz', 'room').read()).toBeNull();
});

test('a draft that another tab changes is told of, those of other rooms are not', () => {
  const window = new EventTarget();
  vi.stubGlobal('addEventListener', window.addEventListener.bind(window));
  vi.stubGlobal('removeEventListener', window.removeEventListener.bind(window));
  const changed = vi.fn();
  const stop = watchDraft('clara', 'room', changed);
  const tell = (key: string | null) => window.dispatchEvent(Object.assign(new Event('storage'), { key }));
  tell('portal-chat:draft:clara:other room');
  expect(changed).not.toHaveBeenCalled();
  tell('portal-chat:draft:clara:room');
  tell(null);
  expect(changed).toHaveBeenCalledTimes(2);
  stop();
  tell('portal-chat:draft:clara:room');
  expect(changed).toHaveBeenCalledTimes(2);
});

test('signing out leaves no draft and nothing unsent, and nothing else is touched', () => {
  localStorage.setItem('portal-bell-tab', 'all');
  keptDraft('clara', 'room').write('Hello');
  keptUnsent<string[]>('clara', 'room').write(['Hello']);
  forgetKept();
  expect(keptDraft('clara', 'room').read()).toBeNull();
  expect(keptUnsent('clara', 'room').read()).toBeNull();
  expect(localStorage.getItem('portal-bell-tab')).toBe('all');
});

test('who signs in finds the own drafts, and those of nobody else', () => {
  keptDraft('clara', 'room').write('Mine');
  keptDraft('deniz', 'room').write('Not mine');
  forgetKept('clara');
  expect(keptDraft('clara', 'room').read()).toBe('Mine');
  expect(keptDraft('deniz', 'room').read()).toBeNull();
});

test('a browser that keeps nothing is no failure', () => {
  vi.stubGlobal('localStorage', undefined);
  keptDraft('clara', 'room').write('Hello');
  expect(keptDraft('clara', 'room').read()).toBeNull();
  forgetKept();
});

test('ids are random UUIDs, also where there is no secure context', () => {
  const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  expect(newId()).toMatch(uuid);
  vi.stubGlobal('crypto', { getRandomValues: crypto.getRandomValues.bind(crypto) });
  expect(newId()).toMatch(uuid);
  expect(newId()).not.toBe(newId());
  expect(isId(newId())).toBe(true);
  expect(isId('nowhere')).toBe(false);
});
