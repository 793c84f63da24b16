import { expect, test } from 'vitest';
import { timeAgo } from './ago.ts';

const now = new Date(2026, 10, 20, 12, 0);

test.each([
  [30, 'just now'],
  [-90, 'just now'],
  [5 * 60, '5 min ago'],
  [3 * 3600, '3 h ago'],
  [2 * 86_400, '2 d ago'],
  [30 * 86_400, 'Oct 21'],
  [400 * 86_400, 'Oct 16, 2025'],
])('%i seconds ago reads "%s"', (seconds, text) => {
  expect(timeAgo(new Date(now.getTime() - seconds * 1000), now)).toBe(text);
});
