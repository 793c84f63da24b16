import { ShieldQuestionMark } from 'lucide';
import { Icon } from '../../shared/icon.tsx';
import { TimeAgo } from '../../shared/time.tsx';
import type { Task } from '../../tasks/types.ts';
import { pendingOf } from '../../tasks/words.ts';
import { followed } from '../bell.ts';
import { taskHref } from './marks.tsx';

/** What waits for this client's answer, before all else. */
export function WantedHere({ tasks }: { tasks: readonly Task[] }) {
  const waiting = tasks.filter((task) => pendingOf(task).length > 0);
  if (waiting.length === 0) return null;
  return (
    <section class="wanted-here" aria-labelledby="wanted-here">
      <span class="tile tint-amber">
        <Icon of={ShieldQuestionMark} size={20} />
      </span>
      <div>
        <h2 id="wanted-here">Your approval is wanted</h2>
        <ul>
          {waiting.map((task) => (
            <li key={task.id}>
              <WantedLink task={task} />
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}

function WantedLink({ task }: { task: Task }) {
  const [approval] = pendingOf(task);
  return (
    <>
      <a
        href={taskHref(task)}
        dir="auto"
        onClick={() => {
          // Following it twice points at it twice.
          followed.value += 1;
        }}
      >
        {task.title}
      </a>
      {approval && (
        <span class="wanted-asked">
          <span dir="auto">{approval.requester.display_name}</span>, <TimeAgo iso={approval.created_at} />
        </span>
      )}
    </>
  );
}
