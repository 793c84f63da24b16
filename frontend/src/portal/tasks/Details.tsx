import { ArrowDown, ArrowUp, Pencil, ShieldQuestionMark, Trash2 } from 'lucide';
import { useState } from 'preact/hooks';
import { Confirm } from '../../admin/Confirm.tsx';
import { Icon } from '../../shared/icon.tsx';
import { TimeAgo } from '../../shared/time.tsx';
import { task as readTask } from '../../tasks/api.ts';
import { longDay } from '../../tasks/due.ts';
import type { TaskList } from '../../tasks/list.ts';
import type { Approval, Task } from '../../tasks/types.ts';
import { standingOf, statusNames } from '../../tasks/words.ts';
import { useChanges } from '../live.ts';
import { useReadAbout } from '../read-about.ts';
import { useResource } from '../resource.ts';
import { PlainText } from '../text.tsx';
import { Approvals } from './Approvals.tsx';
import { AskApproval } from './AskApproval.tsx';
import { EditTask } from './EditTask.tsx';
import { mayAsk, mayDecide, mayWork } from './rights.ts';

interface Props {
  list: TaskList;
  project: string;
  task: Task;
  place: number;
  count: number;
  move: (by: number) => void;
  say: (text: string) => void;
}

/** All of one task: what it says, its approvals, and what one can do with it. */
export function Details({ list, project, task, place, count, move, say }: Props) {
  useReadAbout('task', task.id);
  const version = useChanges(project, 'task', 'approval');
  const whole = useResource(`task ${task.id}`, () => readTask(task.id), version);
  const approvals = whole.state === 'ready' ? whole.value.approvals : task.approvals;
  // What is asked about says the same, below.
  const isAsked = mayDecide() && approvals.some((approval) => standingOf(approval) === 'waiting');
  const changed = (said?: string) => {
    if (said) say(said);
    if (whole.state !== 'loading') whole.reload();
    void list.refresh();
  };
  return (
    <div class="task-details">
      {!isAsked && <Description text={task.description} />}
      <Facts task={task} />
      <Approvals task={task} approvals={approvals} changed={changed} />
      {mayWork() && (
        <Actions
          list={list}
          task={task}
          place={place}
          count={count}
          move={move}
          approvals={approvals}
          changed={changed}
        />
      )}
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

interface ActionsProps extends Omit<Props, 'project' | 'say'> {
  approvals: readonly Approval[];
  changed: (said?: string) => void;
}

function Actions({ list, task, place, count, move, approvals, changed }: ActionsProps) {
  const [open, setOpen] = useState<'edit' | 'ask' | 'delete' | null>(null);
  const close = () => setOpen(null);
  const wasAsked = approvals.some((approval) => standingOf(approval) !== 'waiting');
  return (
    <div class="task-actions">
      <button type="button" class="button small" onClick={() => setOpen('edit')}>
        <Icon of={Pencil} size={16} />
        Edit
      </button>
      {mayAsk() && (
        <button type="button" class="button small" onClick={() => setOpen('ask')}>
          <Icon of={ShieldQuestionMark} size={16} />
          {wasAsked ? 'Ask again for approval' : 'Ask for approval'}
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
        <button
          type="button"
          class="button small icon-only danger-quiet"
          aria-label="Delete"
          title="Delete"
          onClick={() => setOpen('delete')}
        >
          <Icon of={Trash2} size={16} />
        </button>
      </span>
      {open === 'edit' && <EditTask list={list} task={task} saved={() => changed('Saved.')} closed={close} />}
      {open === 'ask' && (
        <AskApproval task={task} asked={(client) => changed(`${client} was asked.`)} closed={close} />
      )}
      {open === 'delete' && (
        <Confirm
          title={`Delete “${task.title}”?`}
          action="Delete task"
          doing="Deleting…"
          danger
          run={() => list.remove(task)}
          closed={close}
        >
          <p>It disappears for everybody in the project. This cannot be undone.</p>
        </Confirm>
      )}
    </div>
  );
}
