import type { Failure, Kept } from '../../preferences/kept.ts';
import type { Problem } from '../../shared/http.ts';
import { refusalOf } from '../../shared/refusal.ts';

interface Props<Value, Change> {
  of: Kept<Value, Change>;
  /** Those of this place. */
  failures: readonly Failure<Change>[];
}

/** What could not be saved, where it stands again as it was, and the way to try all of it again. */
export function NotSaved<Value, Change>({ of: kept, failures }: Props<Value, Change>) {
  const last = failures.at(-1);
  return (
    <p class="alert-line" role="alert">
      {last && (
        <>
          {failures.length > 1
            ? `${failures.length} changes could not be saved.`
            : 'That could not be saved.'}
          {reasonFor(last.problem)}{' '}
          <button type="button" class="link-button" onClick={() => kept.retry(failures)}>
            Try again
          </button>
        </>
      )}
    </p>
  );
}

function reasonFor(problem: Problem): string {
  return problem.status === 422 ? ` ${refusalOf(problem, []).rest}` : '';
}
