import { expect, test } from 'vitest';
import { daysUntil, dueText, isOverdue, shortDay, urgencyOf } from './due.ts';

const evening = new Date(2026, 10, 21, 23, 30);

test.each([
  ['2026-11-18', 'Overdue by 3 days'],
  ['2026-11-20', 'Overdue by 1 day'],
  ['2026-11-21', 'Due today'],
  ['2026-11-22', 'Due tomorrow'],
  ['2026-12-03', 'Due Thu, Dec 3'],
  ['2027-01-05', 'Due Jan 5, 2027'],
])('%s is said as “%s”', (due, text) => {
  expect(dueText(due, evening)).toBe(text);
});

test('days are those of the calendar, also where a day has another length', () => {
  expect(daysUntil('2026-03-30', new Date(2026, 2, 28, 12))).toBe(2);
  expect(daysUntil('2026-10-26', new Date(2026, 9, 24, 12))).toBe(2);
});

test('what is done is not overdue', () => {
  expect(isOverdue({ due_on: '2026-11-01', status: 'done' }, evening)).toBe(false);
  expect(isOverdue({ due_on: '2026-11-01', status: 'todo' }, evening)).toBe(true);
  expect(isOverdue({ due_on: '2026-11-21', status: 'todo' }, evening)).toBe(false);
  expect(isOverdue({ due_on: null, status: 'todo' }, evening)).toBe(false);
});

test('what is near is soon', () => {
  const urgencies = ['2026-11-20', '2026-11-21', '2026-11-23', '2026-11-24'].map((due) =>
    urgencyOf(due, evening),
  );
  expect(urgencies).toEqual(['overdue', 'soon', 'soon', 'later']);
});

test('another year is named', () => {
  expect(shortDay('2027-01-05', evening)).toContain('2027');
});
