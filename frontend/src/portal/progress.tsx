interface Props {
  of: { done: number; total: number } | null;
  isLarge?: boolean;
}

/** How far a project is, as a bar with figures. */
export function Progress({ of: progress, isLarge = false }: Props) {
  if (!progress || progress.total === 0) return <span class="quiet-line">No tasks planned yet</span>;
  const { done, total } = progress;
  return (
    <span class={isLarge ? 'progress large' : 'progress'}>
      <progress max={total} value={done} aria-label={`${done} of ${total} tasks done`} />
      <span class="progress-figures">
        <span>
          {done} of {total} tasks done
        </span>
        <span class="progress-share">{shareOf(done, total)}</span>
      </span>
    </span>
  );
}

/** All is done at 100 % only, and something is done above 0 %. */
function shareOf(done: number, total: number): string {
  const percent = Math.round((100 * done) / total);
  return `${done === 0 || done === total ? percent : Math.min(99, Math.max(1, percent))} %`;
}
