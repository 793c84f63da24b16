import { beforeAll, expect, test, vi } from 'vitest';

let safeNext: (next: string | undefined) => string;

beforeAll(async () => {
  vi.stubGlobal('location', { origin: 'https://portal.example' });
  ({ safeNext } = await import('./next.ts'));
});

test.each([
  ['/projects/1/messages?focus=2', '/projects/1/messages?focus=2'],
  ['/account', '/account'],
  [undefined, '/projects'],
  ['', '/projects'],
  ['/login?next=/login', '/projects'],
  ['https://elsewhere.example/', '/projects'],
  ['//elsewhere.example/', '/projects'],
  ['/\\elsewhere.example/', '/projects'],
  ['/\t/elsewhere.example/', '/projects'],
  ['javascript:alert(1)', '/projects'],
])('after signing in, next=%s leads to %s', (next, place) => {
  expect(safeNext(next)).toBe(place);
});
