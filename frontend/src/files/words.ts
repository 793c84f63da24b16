import { type Problem, reasonOf } from '../shared/http.ts';

const units = ['KB', 'MB', 'GB'];

/** "12 KB", "3.4 MB": as many as a person wants to know. */
export function sizeText(bytes: number): string {
  if (bytes < 1024) return bytes === 1 ? '1 byte' : `${bytes} bytes`;
  let value = bytes / 1024;
  let unit = 0;
  while (Math.round(value) >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value < 10 ? trimmed(value.toFixed(1)) : Math.round(value)} ${units[unit]}`;
}

export function countText(count: number): string {
  return count === 1 ? '1 file' : `${count} files`;
}

const lost = 'The connection was lost.';
const busy = 'The portal could not take it just now.';

/** Why an upload failed, in words for a person. The portal's own words say most: the limit, or the type. */
export function failureText(problem: Problem): string {
  if (problem.status === 0) return lost;
  if (problem.status >= 500 && problem.status !== 507) return busy;
  if (problem.status === 404) return 'This conversation is no longer open to you.';
  return reasonOf(problem);
}

/** Whether the same file may well be taken at the next attempt. */
export function isPassing(status: number): boolean {
  return status === 0 || status === 401 || status === 408 || status === 429 || status >= 500;
}

/** What is to be done about files that were not uploaded, before all the others can be sent. */
export function unsentText(failed: readonly { canRetry: boolean }[]): string {
  if (failed.some(({ canRetry }) => canRetry)) return 'Retry or remove what was not uploaded, then send.';
  return failed.length === 1 ? 'Remove it to send.' : 'Remove them to send.';
}

function trimmed(figure: string): string {
  return figure.replace(/\.0$/, '');
}
