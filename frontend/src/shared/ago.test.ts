import { expect, test } from 'vitest';
import { dayOf, timeAgo } from './ago.ts';

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

test.each([
  [new Date(2026, 10, 20, 0, 1), 'Today'],
  [new Date(2026, 10, 19, 23, 59), 'Yesterday'],
  [new Date(2026, 10, 2), 'Monday, November 2'],
  [new Date(2025, 10, 20), 'Thursday, November 20, 2025'],
])('the day of %s reads "%s"', (then, text) => {
  expect(dayOf(then, now)).toBe(text);
});
