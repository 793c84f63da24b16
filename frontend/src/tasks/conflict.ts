import { type Change, type Conflict, patchOf } from '../shared/conflict.ts';
import type { Name, Task, TaskFields, TaskPatch } from './types.ts';

export type Field = keyof TaskFields;

const fields: readonly Field[] = ['title', 'description', 'status', 'due_on', 'assignee_id'];

/** A field that somebody else has changed meanwhile, and who did so last. */
export interface Theirs<Of extends Field = Field> {
  field: Of;
  before: TaskFields[Of];
  theirs: TaskFields[Of];
  by: Name | null;
  at: string | null;
}

/** The same field was changed here too, to something else: the person has to choose. */
export interface Clash extends Theirs {
  mine: TaskFields[Field];
}

export interface Merge {
  version: number;
  /** As the task is now. */
  before: TaskFields;
  /** What was written here, and what was written elsewhere where nothing was written here. */
  fields: TaskFields;
  clashes: Clash[];
  /** What was taken over, since nothing was written here. */
  taken: Theirs[];
}

export function fieldsOf(task: Task): TaskFields {
  const { title, description, status, due_on, assignee } = task;
  return { title, description, status, due_on, assignee_id: assignee?.id ?? null };
}

export function taskPatch(before: TaskFields, after: TaskFields): TaskPatch {
  return patchOf(fields, before, after);
}

/** Brings together what was written here and elsewhere since the task was as `before` has it; nothing is lost. */
export function mergeOf(before: TaskFields, mine: TaskFields, { current, changes }: Conflict<Task>): Merge {
  const theirs = fieldsOf(current);
  const changedThere = fields
    .filter((field) => theirs[field] !== before[field] && theirs[field] !== mine[field])
    .map((field) => ({
      field,
      before: before[field],
      theirs: theirs[field],
      ...lastChange(field, changes),
    }));
  const isMine = (field: Field) => mine[field] !== before[field];
  return {
    version: current.version,
    before: theirs,
    fields: { ...theirs, ...taskPatch(before, mine) },
    clashes: changedThere
      .filter(({ field }) => isMine(field))
      .map((change) => ({ ...change, mine: mine[change.field] })),
    taken: changedThere.filter(({ field }) => !isMine(field)),
  };
}

function lastChange(field: Field, changes: readonly Change[]): { by: Name | null; at: string | null } {
  const last = changes
    .filter((change) => field in change.fields)
    .sort((one, other) => one.version - other.version)
    .at(-1);
  return { by: last?.actor ?? null, at: last?.at ?? null };
}
