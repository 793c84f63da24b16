import { ArrowDown, ArrowUp, Pencil, ShieldQuestionMark, Trash2 } from 'lucide';
import { Icon } from '../../shared/icon.tsx';
import { TimeAgo } from '../../shared/time.tsx';
import { task as readTask } from '../../tasks/api.ts';
import { longDay } from '../../tasks/due.ts';
import type { Approval, Task } from '../../tasks/types.ts';
import { latestOfEachRoom, standingOf, statusNames } from '../../tasks/words.ts';
import { useChanges } from '../live.ts';
import { useReadAbout } from '../read-about.ts';
import { useResource } from '../resource.ts';
import { PlainText } from '../text.tsx';
import { Approvals } from './Approvals.tsx';
import { useStart } from './Dialogs.tsx';
import { isAsked, mayWork, useMayAsk } from './rights.ts';

interface Props {
  project: string;
  task: Task;
  place: number;
  count: number;
  move: (by: number) => void;
  /** How much was done on this page: each time it is read anew. */
  doneHere: number;
  wasOutdated: boolean;
}

/** All of one task: what it says, its approvals, and what one can do with it. */
export function Details({ project, task, place, count, move, doneHere, wasOutdated }: Props) {
  const version = useChanges(project, 'task', 'approval') + doneHere;
  const whole = useResource(`task ${task.id}`, () => readTask(task.id), version);
  const approvals = whole.state === 'ready' ? whole.value.approvals : task.approvals;
  const latest = latestOfEachRoom(approvals).map(({ id, state }) => `${id} ${state}`);
  useReadAbout('task', task.id, latest.join());
  // What is asked about says the same, below.
  const isWanted = isAsked() && approvals.some((approval) => standingOf(approval) === 'waiting');
  return (
    <div class="task-details">
      {!isWanted && <Description text={task.description} />}
      <Facts task={task} />
      <Approvals task={task} approvals={approvals} wasOutdated={wasOutdated} />
      {mayWork() && <Actions task={task} place={place} count={count} move={move} approvals={approvals} />}
    </div>
  );
}

function Description({ text }: { text: string }) {
  if (text === '') return <p class="quiet-line">No description.</p>;
  return (
    <p class="task-text" dir="auto">
      <PlainText of={text} />
    </p>
  );
}

function Facts({ task }: { task: Task }) {
  return (
    <dl class="task-facts">
      <div>
        <dt>Status</dt>
        <dd>
          {statusNames[task.status]}
          {task.completed_at && (
            <span class="quiet">
              {' '}
              <TimeAgo iso={task.completed_at} />
            </span>
          )}
        </dd>
      </div>
      <div>
        <dt>Due</dt>
        <dd>{task.due_on ? longDay(task.due_on) : <span class="quiet">No date</span>}</dd>
      </div>
      <div>
        <dt>Assignee</dt>
        <dd dir="auto">{task.assignee?.display_name ?? <span class="quiet">Nobody yet</span>}</dd>
      </div>
      <div>
        <dt>Added</dt>
        <dd>
          <span dir="auto">{task.author.display_name}</span>{' '}
          <span class="quiet">
            <TimeAgo iso={task.created_at} />
          </span>
        </dd>
      </div>
    </dl>
  );
}

interface ActionsProps extends Pick<Props, 'task' | 'place' | 'count' | 'move'> {
  approvals: readonly Approval[];
}

function Actions({ task, place, count, move, approvals }: ActionsProps) {
  const start = useStart();
  const mayAsk = useMayAsk();
  return (
    <div class="task-actions">
      <button type="button" class="button small" onClick={() => start({ kind: 'edit', task })}>
        <Icon of={Pencil} size={16} />
        Edit
      </button>
      {mayAsk && (
        <button type="button" class="button small" onClick={() => start({ kind: 'ask', task })}>
          <Icon of={ShieldQuestionMark} size={16} />
          {approvals.length > 0 ? 'Ask again for approval' : 'Ask for approval'}
        </button>
      )}
      <span class="task-moves">
        <button
          type="button"
          class="button small icon-only"
          aria-disabled={place === 0}
          aria-label="Move up"
          title="Move up (Alt+↑)"
          onClick={() => place > 0 && move(-1)}
        >
          <Icon of={ArrowUp} size={16} />
        </button>
        <button
          type="button"
          class="button small icon-only"
          aria-disabled={place === count - 1}
          aria-label="Move down"
          title="Move down (Alt+↓)"
          onClick={() => place < count - 1 && move(1)}
        >
          <Icon of={ArrowDown} size={16} />
        </button>
        {/* What a client was asked about stays. */}
        {approvals.length === 0 && (
          <button
            type="button"
            class="button small icon-only danger-quiet"
            aria-label="Delete"
            title="Delete"
            onClick={() => start({ kind: 'delete', task })}
          >
            <Icon of={Trash2} size={16} />
          </button>
        )}
      </span>
    </div>
  );
}
