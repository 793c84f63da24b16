import { ChevronDown, Circle, CircleCheck, CircleDot, GripVertical, type IconNode } from 'lucide';
import { Icon } from '../../shared/icon.tsx';
import type { TaskList } from '../../tasks/list.ts';
import type { Status, Task } from '../../tasks/types.ts';
import { statusNames } from '../../tasks/words.ts';
import { Face } from '../chat/Face.tsx';
import { useTarget } from '../focus.ts';
import { Details } from './Details.tsx';
import { drag } from './dragging.ts';
import { ApprovalBadge, Due } from './marks.tsx';
import { mayWork } from './rights.ts';

interface Props {
  list: TaskList;
  project: string;
  task: Task;
  place: number;
  count: number;
  isOpen: boolean;
  isTarget: boolean;
  toggle: () => void;
  /** To this place, counted from 0. */
  moveTo: (place: number) => void;
  say: (text: string) => void;
  doneHere: number;
  wasOutdated: boolean;
}

/** One task of the list: a line, and below it the details when it is open. */
export function TaskRow(props: Props) {
  const { list, project, task, place, count, isOpen, isTarget, toggle, moveTo, say } = props;
  const target = useTarget<HTMLLIElement>(isTarget, task.id);
  const isOnItsWay = task.version === 0;
  const move = (by: number) => {
    const to = place + by;
    if (to < 0 || to >= count) return;
    const focused = document.activeElement as HTMLElement | null;
    moveTo(to);
    // Being put elsewhere in the page, it loses the focus.
    requestAnimationFrame(() => focused?.focus());
  };
  const pressed = (event: KeyboardEvent) => {
    const isByGrip = event.target instanceof Element && event.target.closest('.grip') !== null;
    const by = event.key === 'ArrowUp' ? -1 : event.key === 'ArrowDown' ? 1 : 0;
    if (by === 0 || !(event.altKey || isByGrip) || !mayWork()) return;
    event.preventDefault();
    move(by);
  };
  const classes = ['task', isOpen && 'open', isTarget && 'target', isOnItsWay && 'on-its-way'];
  return (
    <li
      ref={target}
      id={`task-${task.id}`}
      class={classes.filter(Boolean).join(' ')}
      data-status={task.status}
      tabIndex={isTarget ? -1 : undefined}
      aria-current={isTarget ? 'true' : undefined}
      onKeyDown={pressed}
    >
      <div class="task-line">
        {mayWork() && (
          <button
            type="button"
            class="grip"
            aria-label={`Move ${task.title}: up and down with the arrow keys`}
            disabled={isOnItsWay}
            onPointerDown={(event) => target.current && drag(event, target.current, moveTo)}
          >
            <Icon of={GripVertical} size={16} />
          </button>
        )}
        {mayWork() ? (
          <Tick list={list} task={task} say={say} disabled={isOnItsWay} />
        ) : (
          <StatusMark status={task.status} />
        )}
        <div class="task-main">
          <button
            type="button"
            class="task-title"
            aria-expanded={isOpen}
            disabled={isOnItsWay}
            onClick={toggle}
          >
            <span dir="auto">{task.title}</span>
          </button>
          <Marks task={task} />
        </div>
        <span class="task-chevron">
          <Icon of={ChevronDown} size={16} />
        </span>
      </div>
      {isOpen && !isOnItsWay && (
        <Details
          project={project}
          task={task}
          place={place}
          count={count}
          move={move}
          doneHere={props.doneHere}
          wasOutdated={props.wasOutdated}
        />
      )}
    </li>
  );
}

function Marks({ task }: { task: Task }) {
  const { approvals, assignee, status } = task;
  const hasMarks = approvals.length > 0 || assignee || task.due_on || status === 'in_progress';
  if (!hasMarks) return null;
  return (
    <span class="task-marks">
      {approvals.map((approval) => (
        <ApprovalBadge key={approval.id} approval={approval} isNamed={approvals.length > 1} />
      ))}
      {status === 'in_progress' && <span class="mark-badge tint-blue">{statusNames.in_progress}</span>}
      <Due task={task} />
      {assignee && (
        <span class="task-assignee" title={`Assigned to ${assignee.display_name}`}>
          <Face person={assignee} />
          <span class="visually-hidden">Assigned to {assignee.display_name}</span>
        </span>
      )}
    </span>
  );
}

interface TickProps {
  list: TaskList;
  task: Task;
  say: (text: string) => void;
  disabled: boolean;
}

/** One click completes a task; another opens it again. */
function Tick({ list, task, say, disabled }: TickProps) {
  const isDone = task.status === 'done';
  return (
    <span class="tick">
      <input
        type="checkbox"
        checked={isDone}
        disabled={disabled}
        aria-label={`Done: ${task.title}`}
        onChange={(event) => {
          const status = event.currentTarget.checked ? 'done' : 'todo';
          say(status === 'done' ? `“${task.title}” is done.` : `“${task.title}” is open again.`);
          void list.setStatus(task, status).then((isTaken) => {
            if (!isTaken) say('');
          });
        }}
      />
    </span>
  );
}

const statusIcons: Record<Status, IconNode> = { todo: Circle, in_progress: CircleDot, done: CircleCheck };

function StatusMark({ status }: { status: Status }) {
  return (
    <span class="status-mark" data-status={status} title={statusNames[status]}>
      <Icon of={statusIcons[status]} size={20} />
      <span class="visually-hidden">{statusNames[status]}: </span>
    </span>
  );
}
