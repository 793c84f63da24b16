import { CloudOff, type IconNode, TriangleAlert } from 'lucide';
import type { ComponentChildren } from 'preact';
import type { Problem } from '../shared/http.ts';
import { Icon } from '../shared/icon.tsx';
import type { Kind } from '../shared/kinds.ts';
import { refusalOf } from '../shared/refusal.ts';

interface StateProps {
  icon: IconNode;
  tint?: Kind['tint'];
  heading: string;
  children?: ComponentChildren;
  alert?: boolean;
}

/** A place with nothing to list says why, and what one can do. */
export function State({ icon, tint = 'grey', heading, children, alert = false }: StateProps) {
  return (
    <div class="state" role={alert ? 'alert' : undefined}>
      <span class={`tile large tint-${tint}`}>
        <Icon of={icon} size={24} />
      </span>
      <p class="state-heading">{heading}</p>
      {children}
    </div>
  );
}

export function FailedState({ problem, retry }: { problem: Problem; retry: () => void }) {
  const offline = problem.status === 0;
  return (
    <State
      icon={offline ? CloudOff : TriangleAlert}
      tint="amber"
      heading={offline ? 'The portal cannot be reached' : 'That did not load'}
      alert
    >
      <p>{offline ? 'Check the connection, then try again.' : refusalOf(problem, []).rest}</p>
      <button type="button" class="button" onClick={retry}>
        Try again
      </button>
    </State>
  );
}

/** Bones in the shape of what is to come. */
export function Bones({ rows, tall = false }: { rows: number; tall?: boolean }) {
  return (
    <div class="bones" role="status" aria-label="Loading">
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} class={tall ? 'bone tall' : 'bone'} />
      ))}
    </div>
  );
}
