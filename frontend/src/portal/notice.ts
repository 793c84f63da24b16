import { signal } from '@preact/signals';
import { Problem } from '../shared/http.ts';

export interface Notice {
  text: string;
  /** Whether it is good news. */
  isGood: boolean;
}

/** What led to the sign-in page, when there is something to say about it. */
export const loginNotice = signal<Notice | null>(null);

/** Whether the server knows this browser, and knows that its person may not come in any more. */
export function isSwitchedOff(reason: unknown): boolean {
  return (
    reason instanceof Problem && reason.status === 401 && reason.detail === 'This account is not active.'
  );
}

/** What a person is told whom the server signed out, by its answer to who is signed in. */
export function noticeOf(reason: unknown): string {
  return isSwitchedOff(reason)
    ? 'Your account has been switched off. Ask the project team if that is a surprise.'
    : 'You have been signed out. Sign in again to go on.';
}
