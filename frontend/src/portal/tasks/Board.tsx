import { CircleCheck, ListChecks, Plus, X } from 'lucide';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Icon } from '../../shared/icon.tsx';
import { refusalOf } from '../../shared/refusal.ts';
import { isOverdue } from '../../tasks/due.ts';
import type { Refused, TaskList } from '../../tasks/list.ts';
import { longest, type Task } from '../../tasks/types.ts';
import { pendingOf, progressOf } from '../../tasks/words.ts';
import { followed } from '../bell.ts';
import { Progress } from '../progress.tsx';
import { State } from '../states.tsx';
import { Left, leftOf } from '../ui/Left.tsx';
import { Dialogs, type Doing, Starts } from './Dialogs.tsx';
import { TaskRow } from './Row.tsx';
import { isAsked, mayWork } from './rights.ts';
import { WantedHere } from './Wanted.tsx';

interface Props {
  project: string;
  list: TaskList;
  tasks: readonly Task[];
  /** The task that a deep link names. */
  focus: string;
}

/** The tasks of a project in order, with how far they are. */
export function Board({ project, list, tasks, focus }: Props) {
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const [said, setSaid] = useState('');
  const [doing, setDoing] = useState<Doing | null>(null);
  const [doneHere, setDoneHere] = useState(0);
  const [outdated, setOutdated] = useState('');
  const visit = followed.value;
  useEffect(() => {
    if (focus) setOpen((before) => new Set([...before, focus]));
  }, [focus, visit]);

  const toggle = (id: string) => {
    const now = new Set(open);
    if (!now.delete(id)) now.add(id);
    setOpen(now);
  };
  const done = (words: string) => {
    setSaid(words);
    setDoneHere((count) => count + 1);
    void list.refresh();
  };
  const start = (next: Doing) => {
    setOutdated('');
    setDoing(next);
  };
  const moveTo = (task: Task, to: number) => {
    setSaid(`“${task.title}” is number ${to + 1} of ${tasks.length} now.`);
    void list.move(task, to).then((isMoved) => {
      if (!isMoved) setSaid('');
    });
  };

  return (
    <Starts value={start}>
      <section class="tasks-page" aria-label="Tasks">
        <Summary tasks={tasks} />
        {isAsked() && <WantedHere tasks={tasks} />}
        {tasks.length === 0 && <NoTasks />}
        {tasks.length > 0 && (
          <ol class="tasks card">
            {tasks.map((task, place) => (
              <TaskRow
                key={task.id}
                list={list}
                project={project}
                task={task}
                place={place}
                count={tasks.length}
                isOpen={open.has(task.id)}
                isTarget={task.id === focus}
                toggle={() => toggle(task.id)}
                moveTo={(to) => moveTo(task, to)}
                say={setSaid}
                doneHere={doneHere}
                wasOutdated={task.id === outdated}
              />
            ))}
          </ol>
        )}
        {mayWork() && <QuickAdd list={list} say={setSaid} />}
        <p class="visually-hidden" role="status">
          {said}
        </p>
        {doing && (
          <Dialogs
            doing={doing}
            list={list}
            done={done}
            outdated={({ task_id }) => {
              setOutdated(task_id);
              done('');
            }}
            closed={() => setDoing(null)}
          />
        )}
        {list.refused.value && (
          <RefusedNote
            refused={list.refused.value}
            close={() => {
              list.refused.value = null;
            }}
          />
        )}
      </section>
    </Starts>
  );
}

function Summary({ tasks }: { tasks: readonly Task[] }) {
  if (tasks.length === 0) return null;
  const now = new Date();
  const doing = tasks.filter(({ status }) => status === 'in_progress').length;
  const overdue = tasks.filter((task) => isOverdue(task, now)).length;
  const waiting = tasks.filter((task) => pendingOf(task).length > 0).length;
  return (
    <div class="card tasks-summary">
      <Progress of={progressOf(tasks)} isLarge />
      <ul class="summary-facts">
        {doing > 0 && <li>{doing} in progress</li>}
        {waiting > 0 && <li>{waiting} waiting for approval</li>}
        {overdue > 0 && <li class="overdue">{overdue} overdue</li>}
      </ul>
    </div>
  );
}

function NoTasks() {
  return mayWork() ? (
    <State icon={ListChecks} tint="blue" heading="No tasks yet">
      <p>Add the first one below. Clients see the tasks and how far they are.</p>
    </State>
  ) : (
    <State icon={CircleCheck} tint="grey" heading="No tasks yet">
      <p>As soon as the team plans its work, you can follow it here.</p>
    </State>
  );
}

/** A title and Enter; the next one can be typed at once. */
function QuickAdd({ list, say }: { list: TaskList; say: (text: string) => void }) {
  const [title, setTitle] = useState('');
  const field = useRef<HTMLInputElement>(null);

  const left = leftOf(title, longest.title);

  const add = async () => {
    const words = title.trim();
    if (words === '' || left < 0) return field.current?.focus();
    setTitle('');
    field.current?.focus();
    say(`“${words}” added.`);
    const isAdded = await list.create(words);
    if (isAdded) return;
    say('');
    // What was typed is not lost, nor is what has been typed since.
    setTitle((since) => since || words);
  };

  return (
    <form
      class="quick-add"
      onSubmit={(event) => {
        event.preventDefault();
        void add();
      }}
    >
      <Icon of={Plus} size={18} />
      <input
        ref={field}
        type="text"
        dir="auto"
        aria-label="Add a task"
        placeholder="Add a task"
        autocomplete="off"
        value={title}
        aria-invalid={left < 0}
        onInput={(event) => setTitle(event.currentTarget.value)}
      />
      <Left text={title} most={longest.title} />
      <button type="submit" class="button small" disabled={title.trim() === '' || left < 0}>
        Add
      </button>
    </form>
  );
}

function RefusedNote({ refused, close }: { refused: Refused; close: () => void }) {
  const { rest } = refusalOf(refused.problem, []);
  return (
    <div class="toast" role="alert">
      <p>
        <strong>{refused.what}.</strong> {rest}
      </p>
      <button type="button" class="toast-close" aria-label="Close" onClick={close}>
        <Icon of={X} size={16} />
      </button>
    </div>
  );
}
