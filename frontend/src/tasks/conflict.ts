import { Problem } from '../shared/http.ts';
import type { Name, Task, TaskChange, TaskFields, TaskPatch } from './types.ts';

export type Field = keyof TaskFields;

const fields: readonly Field[] = ['title', 'description', 'status', 'due_on', 'assignee_id'];

/** Somebody else was faster: the task as it is now, and what was done to it. */
export interface Conflict {
  current: Task;
  changes: TaskChange[];
}

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

/** What is to be sent: only what differs from what is there. */
export function patchOf(before: TaskFields, after: TaskFields): TaskPatch {
  return Object.fromEntries(
    fields.filter((field) => after[field] !== before[field]).map((field) => [field, after[field]]),
  );
}

/** The conflict that an answer tells of; null for any other problem. */
export function conflictOf(error: unknown): Conflict | null {
  if (!(error instanceof Problem) || !error.type.endsWith('/changed-meanwhile')) return null;
  const { current, changes } = error.body;
  if (typeof current !== 'object' || current === null) return null;
  return { current: current as Task, changes: Array.isArray(changes) ? (changes as TaskChange[]) : [] };
}

/** Brings together what was written here and elsewhere since the task was as `before` has it; nothing is lost. */
export function mergeOf(before: TaskFields, mine: TaskFields, { current, changes }: Conflict): Merge {
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
    fields: { ...theirs, ...patchOf(before, mine) },
    clashes: changedThere
      .filter(({ field }) => isMine(field))
      .map((change) => ({ ...change, mine: mine[change.field] })),
    taken: changedThere.filter(({ field }) => !isMine(field)),
  };
}

function lastChange(field: Field, changes: readonly TaskChange[]): { by: Name | null; at: string | null } {
  const last = changes
    .filter((change) => field in change.fields)
    .sort((one, other) => one.version - other.version)
    .at(-1);
  return { by: last?.actor ?? null, at: last?.at ?? null };
}
