const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

const sameYear = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short' });
const otherYear = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short', year: 'numeric' });

/** "just now", "5 min ago", "3 h ago", "2 d ago", then the date. */
export function timeAgo(then: Date, now: Date): string {
  const age = now.getTime() - then.getTime();
  if (age < minute) return 'just now';
  if (age < hour) return `${Math.floor(age / minute)} min ago`;
  if (age < day) return `${Math.floor(age / hour)} h ago`;
  if (age < 7 * day) return `${Math.floor(age / day)} d ago`;
  return (then.getFullYear() === now.getFullYear() ? sameYear : otherYear).format(then);
}

const longDay = new Intl.DateTimeFormat('en', { weekday: 'long', day: 'numeric', month: 'long' });
const longDayAndYear = new Intl.DateTimeFormat('en', { dateStyle: 'full' });

/** "Today", "Yesterday", then the day's name and date, with the year when it is another. */
export function dayOf(then: Date, now: Date): string {
  if (then.toDateString() === now.toDateString()) return 'Today';
  const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
  if (then.toDateString() === yesterday.toDateString()) return 'Yesterday';
  return (then.getFullYear() === now.getFullYear() ? longDay : longDayAndYear).format(then);
}
