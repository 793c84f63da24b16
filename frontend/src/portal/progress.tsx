export function Progress({ of: progress }: { of: { done: number; total: number } | null }) {
  if (!progress || progress.total === 0) return <span class="quiet-line">No tasks planned yet</span>;
  const { done, total } = progress;
  return (
    <span class="progress">
      <progress max={total} value={done} aria-label={`${done} of ${total} tasks done`} />
      <span>
        {done} of {total} tasks done
      </span>
    </span>
  );
}
