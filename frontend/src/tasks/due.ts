const day = 24 * 60 * 60_000;

const near = new Intl.DateTimeFormat('en', { weekday: 'short', day: 'numeric', month: 'short' });
const far = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short', year: 'numeric' });
const whole = new Intl.DateTimeFormat('en', { dateStyle: 'full' });

type Urgency = 'overdue' | 'soon' | 'later';

/** A day of the calendar as the beginning of that day here: it has no time zone. */
export function dayOf(due: string): Date {
  const [year = 0, month = 1, date = 1] = due.split('-').map(Number);
  return new Date(year, month - 1, date);
}

/** Full days from today to that day; negative once it has passed. */
export function daysUntil(due: string, now: Date): number {
  const today = new Date(now.getFullYear(), now.getMonth(), now.getDate());
  // A day may have 23 or 25 hours.
  return Math.round((dayOf(due).getTime() - today.getTime()) / day);
}

export function isOverdue(task: { due_on: string | null; status: string }, now: Date): boolean {
  return task.due_on !== null && task.status !== 'done' && daysUntil(task.due_on, now) < 0;
}

export function urgencyOf(due: string, now: Date): Urgency {
  const days = daysUntil(due, now);
  if (days < 0) return 'overdue';
  return days <= 2 ? 'soon' : 'later';
}

/** "Due today", "Due tomorrow", "Due Fri, 27 Nov", "Overdue by 3 days". */
export function dueText(due: string, now: Date): string {
  const days = daysUntil(due, now);
  if (days < 0) return days === -1 ? 'Overdue by 1 day' : `Overdue by ${-days} days`;
  if (days === 0) return 'Due today';
  return days === 1 ? 'Due tomorrow' : `Due ${shortDay(due, now)}`;
}

/** "Fri, 27 Nov", with the year instead of the weekday when it is another year. */
export function shortDay(due: string, now: Date): string {
  const then = dayOf(due);
  return (then.getFullYear() === now.getFullYear() ? near : far).format(then);
}

export function longDay(due: string): string {
  return whole.format(dayOf(due));
}
