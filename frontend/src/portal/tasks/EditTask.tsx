import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { conflictOf } from '../../shared/conflict.ts';
import { Problem } from '../../shared/http.ts';
import { nothingRefused, refusalOf } from '../../shared/refusal.ts';
import { team } from '../../tasks/api.ts';
import { fieldsOf, type Merge, mergeOf, taskPatch } from '../../tasks/conflict.ts';
import type { TaskList } from '../../tasks/list.ts';
import { longest, type Name, type Status, type Task, type TaskFields } from '../../tasks/types.ts';
import { statuses, statusNames } from '../../tasks/words.ts';
import { useResource } from '../resource.ts';
import { endSession } from '../session.ts';
import { Field, focusRefused } from '../ui/Field.tsx';
import { Left, leftOf, tooLong } from '../ui/Left.tsx';
import { LeaveButton, Modal } from '../ui/Modal.tsx';
import { type Choice, Clashes } from './Clashes.tsx';

interface Props {
  list: TaskList;
  task: Task;
  saved: (task: Task) => void;
  closed: () => void;
}

const names = ['title', 'description', 'status', 'due_on', 'assignee_id'] as const;

/** Changes what a task says. Whatever the server answers, what was typed stays. */
export function EditTask({ list, task, saved, closed }: Props) {
  /** What the writing began from: what comes in live meanwhile does not move it. */
  const [base, setBase] = useState({ version: task.version, fields: fieldsOf(task) });
  const [mine, setMine] = useState<TaskFields>(base.fields);
  const [merge, setMerge] = useState<Merge | null>(null);
  const [choices, setChoices] = useState<Partial<Record<keyof TaskFields, Choice>>>({});
  const [refused, setRefused] = useState(nothingRefused);
  const [isGone, setIsGone] = useState(false);
  const [busy, setBusy] = useState(false);
  const dialog = useRef<HTMLDialogElement>(null);
  const title = useRef<HTMLInputElement>(null);
  const form = () => dialog.current?.querySelector('form') ?? null;
  useLayoutEffect(() => title.current?.select(), []);
  const people = usePeople(task);

  const set = (change: Partial<TaskFields>) => setMine({ ...mine, ...change });

  const save = async () => {
    if (mine.title.trim() === '') {
      setRefused({ fields: { title: 'A task needs a title.' }, rest: '' });
      return focusRefused(form());
    }
    if (leftOf(mine.title, longest.title) < 0) {
      setRefused({ fields: { title: tooLong(longest.title) }, rest: '' });
      return focusRefused(form());
    }
    if (merge?.clashes.some(({ field }) => !choices[field])) {
      setRefused({ fields: {}, rest: 'Choose which version to keep, for each field above.' });
      form()?.querySelector<HTMLElement>('.clash:not(.chosen) input')?.focus();
      return;
    }
    const patch = taskPatch(base.fields, { ...mine, title: mine.title.trim() });
    if (Object.keys(patch).length === 0) return dialog.current?.close();
    setBusy(true);
    setRefused(nothingRefused);
    try {
      const changed = await list.save(task.id, patch, base.version);
      dialog.current?.close();
      saved(changed);
    } catch (error) {
      setBusy(false);
      fail(error);
    }
  };

  const fail = (error: unknown) => {
    const conflict = conflictOf<Task>(error);
    if (conflict) {
      const merged = mergeOf(base.fields, mine, conflict);
      setMerge(merged);
      setMine(merged.fields);
      setBase({ version: merged.version, fields: merged.before });
      setChoices({});
      void list.refresh();
      requestAnimationFrame(() => dialog.current?.querySelector<HTMLElement>('.clashes')?.focus());
      return;
    }
    if (error instanceof Problem && error.status === 401) return endSession();
    if (error instanceof Problem && error.status === 404) return setIsGone(true);
    setRefused(refusalOf(error, names));
    focusRefused(form());
  };

  return (
    <Modal
      dialog={dialog}
      title="Edit task"
      busy={busy}
      written={Object.keys(taskPatch(base.fields, mine)).length > 0}
      submit={() => void save()}
      closed={closed}
    >
      {merge && (
        <Clashes
          merge={merge}
          choices={choices}
          nameOf={(id) => people.find((person) => person.id === id)?.display_name ?? 'Somebody'}
          choose={(clash, choice) => {
            setChoices({ ...choices, [clash.field]: choice });
            set({ [clash.field]: choice === 'theirs' ? clash.theirs : clash.mine });
          }}
        />
      )}
      {isGone && (
        <p class="alert" role="alert">
          This task was deleted meanwhile. What you wrote is still here: copy what you need.
        </p>
      )}
      <Field name="title" label="Title" error={refused.fields.title}>
        {(attributes) => (
          <input
            {...attributes}
            ref={title}
            type="text"
            dir="auto"
            required
            autocomplete="off"
            value={mine.title}
            onInput={(event) => set({ title: event.currentTarget.value })}
          />
        )}
      </Field>
      <Left text={mine.title} most={longest.title} />
      <Field name="description" label="Description" error={refused.fields.description}>
        {(attributes) => (
          <textarea
            {...attributes}
            rows={6}
            dir="auto"
            maxLength={longest.description}
            value={mine.description}
            onInput={(event) => set({ description: event.currentTarget.value })}
          />
        )}
      </Field>
      <div class="field-row">
        <Field name="status" label="Status" error={refused.fields.status}>
          {(attributes) => (
            <select
              {...attributes}
              value={mine.status}
              onChange={(event) => set({ status: event.currentTarget.value as Status })}
            >
              {statuses.map((status) => (
                <option key={status} value={status}>
                  {statusNames[status]}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field name="due_on" label="Due date" error={refused.fields.due_on}>
          {(attributes) => (
            <input
              {...attributes}
              type="date"
              value={mine.due_on ?? ''}
              onInput={(event) => set({ due_on: event.currentTarget.value || null })}
            />
          )}
        </Field>
      </div>
      <Field name="assignee_id" label="Assignee" error={refused.fields.assignee_id}>
        {(attributes) => (
          <select
            {...attributes}
            value={mine.assignee_id ?? ''}
            onChange={(event) => set({ assignee_id: event.currentTarget.value || null })}
          >
            <option value="">Nobody yet</option>
            {people.map(({ id, display_name }) => (
              <option key={id} value={id}>
                {display_name}
              </option>
            ))}
          </select>
        )}
      </Field>
      <p class="alert-line" role="alert">
        {refused.rest}
      </p>
      <div class="confirm-buttons">
        {merge || isGone ? (
          <button type="button" class="button" disabled={busy} onClick={() => dialog.current?.close()}>
            Discard mine
          </button>
        ) : (
          <LeaveButton busy={busy} />
        )}
        <button type="submit" class="button primary" disabled={busy || isGone}>
          {busy ? 'Saving…' : 'Save'}
        </button>
      </div>
    </Modal>
  );
}

/** Whom it can be given to, and whoever has it now, also when they have left. */
function usePeople(task: Task): Name[] {
  const found = useResource(`team ${task.project_id}`, () => team(task.project_id));
  const known: Name[] = found.state === 'ready' ? found.value : [];
  const has = task.assignee;
  return has && !known.some(({ id }) => id === has.id) ? [...known, has] : known;
}
