import type { Failure } from '../../preferences/kept.ts';
import { refusalOf } from '../../shared/refusal.ts';

/** What could not be saved, where it stands again as it was, and the way to try it again. */
export function NotSaved<Change>({ failure }: { failure: Failure<Change> | null }) {
  return (
    <p class="alert-line" role="alert">
      {failure && (
        <>
          {reasonFor(failure)}{' '}
          <button type="button" class="link-button" onClick={failure.retry}>
            Try again
          </button>
        </>
      )}
    </p>
  );
}

function reasonFor({ problem }: Failure<unknown>): string {
  const why = problem.status === 422 ? ` ${refusalOf(problem, []).rest}` : '';
  return `That could not be saved.${why}`;
}
