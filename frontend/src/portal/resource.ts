import { useEffect, useState } from 'preact/hooks';
import { Answers } from '../shared/answers.ts';
import { Problem } from '../shared/http.ts';
import { mayPass, useRetry } from './connection.ts';
import { endSession } from './session.ts';

export type Resource<Value> =
  | { state: 'loading' }
  | { state: 'ready'; value: Value; reload: () => void }
  | { state: 'failed'; problem: Problem; reload: () => void };

/** Answers already seen: going back shows them at once, and then what is new. */
const seen = new Answers();

export function forgetAnswers(): void {
  seen.forget();
}

/**
 * Loads what `key` names, and again when `key` or `version` changes; meanwhile the last answer stands. What failed for
 * want of a connection is loaded again when there is one.
 */
export function useResource<Value>(key: string, load: () => Promise<Value>, version = 0): Resource<Value> {
  const [answer, setAnswer] = useState<{ key: string; value?: Value; problem?: Problem }>({ key: '' });
  const [attempt, setAttempt] = useState(0);
  const reload = () => setAttempt((count) => count + 1);

  useEffect(() => {
    let wanted = true;
    seen.ask(key, load).then(
      (value) => {
        if (wanted) setAnswer({ key, value });
      },
      (error: unknown) => {
        // Nobody waits for it any more: perhaps somebody else has signed in since.
        if (!wanted) return;
        const problem = error instanceof Problem ? error : new Problem(0);
        if (problem.status === 401) endSession();
        else setAnswer({ key, problem });
      },
    );
    return () => {
      wanted = false;
    };
  }, [key, attempt, version]);
  useRetry(answer.key === key && mayPass(answer.problem), reload);

  if (answer.key === key && answer.problem) {
    const stale = seen.get(key);
    // A passing failure does not take away what is on the screen.
    if (answer.problem.status === 0 && stale !== undefined) {
      return { state: 'ready', value: stale as Value, reload };
    }
    return { state: 'failed', problem: answer.problem, reload };
  }
  const value = answer.key === key ? answer.value : (seen.get(key) as Value | undefined);
  return value === undefined ? { state: 'loading' } : { state: 'ready', value, reload };
}
