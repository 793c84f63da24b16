import type { Choices } from './open.ts';

/**
 * Who never chose a time zone gets that of the browser they come with, for e-mails tell the time by it. Should that
 * fail, nothing is said: the next visit tries again.
 */
export async function adoptZone(choices: Choices, own: string): Promise<void> {
  await choices.load();
  if (choices.shown.peek()?.time_zone === null) await choices.change({ set: { time_zone: own } }, false);
}
