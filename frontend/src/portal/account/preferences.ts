import { useEffect } from 'preact/hooks';
import type { Change } from '../../preferences/changes.ts';
import type { Failure, Kept } from '../../preferences/kept.ts';
import { type Choices, preferencesOf, type Switches } from '../../preferences/open.ts';
import { mayPass, useRetry } from '../connection.ts';
import { endSession, user } from '../session.ts';
import { useReturn } from '../visits.ts';

export function useSwitches(): Switches {
  return useLoaded(preferencesOf(user.value?.id ?? '', endSession).settings);
}

export function useChoices(): Choices {
  return useLoaded(preferencesOf(user.value?.id ?? '', endSession).preferences);
}

/** Whoever looks sees what is known at once, and then what other pages and devices made of it. */
function useLoaded<Value, Made>(kept: Kept<Value, Made>): Kept<Value, Made> {
  useEffect(() => void kept.load(), [kept]);
  useReturn(() => void kept.load());
  useRetry(mayPass(kept.problem.value), () => void kept.load());
  return kept;
}

/** Which card of the page a change was made in. */
export type Part = 'types' | 'times' | 'muted';

export function failuresIn(part: Part, choices: Choices): Failure<Change>[] {
  return choices.failures.value.filter(({ change }) => partOf(change) === part);
}

function partOf(change: Change): Part {
  if ('mute' in change) return 'muted';
  return change.set.channels ? 'types' : 'times';
}
