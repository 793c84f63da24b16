import type { Approval, Status, Task, TaskFields } from './types.ts';

export const statusNames: Record<Status, string> = {
  todo: 'To do',
  in_progress: 'In progress',
  done: 'Done',
};

export const statuses = Object.keys(statusNames) as Status[];

export const fieldNames: Record<keyof TaskFields, string> = {
  title: 'Title',
  description: 'Description',
  status: 'Status',
  due_on: 'Due date',
  assignee_id: 'Assignee',
};

/** How a request stands, as people put it. */
export type Standing = 'waiting' | 'approved' | 'changes' | 'outdated' | 'replaced';

/** An approval binds the text that it was given for: another text is not approved. */
export function standingOf({ state, is_current }: Approval): Standing {
  if (state === 'superseded') return 'replaced';
  if (state === 'pending') return is_current ? 'waiting' : 'outdated';
  if (state === 'approved') return is_current ? 'approved' : 'outdated';
  return 'changes';
}

export const standingWords: Record<Standing, { text: string; tint: 'amber' | 'green' | 'red' | 'grey' }> = {
  waiting: { text: 'Waiting for approval', tint: 'amber' },
  approved: { text: 'Approved', tint: 'green' },
  changes: { text: 'Changes asked', tint: 'red' },
  outdated: { text: 'Changed since approval', tint: 'grey' },
  replaced: { text: 'Changed since the request', tint: 'grey' },
};

/** The latest request of each room: an answer about one task has all of them. */
export function latestOfEachRoom(approvals: readonly Approval[]): Approval[] {
  const rooms = new Set<string>();
  return approvals.filter(({ room_id }) => !rooms.has(room_id) && rooms.add(room_id));
}

/** The requests that wait for an answer, and for which it still can be given. */
export function pendingOf(task: Task): Approval[] {
  return task.approvals.filter((approval) => standingOf(approval) === 'waiting');
}

export function progressOf(tasks: readonly Task[]): { done: number; total: number } {
  return { done: tasks.filter(({ status }) => status === 'done').length, total: tasks.length };
}

/** What is to be done next: open tasks by their day, then those without one as they are ordered. */
export function nextOf(tasks: readonly Task[], count: number): Task[] {
  const open = tasks.filter(({ status }) => status !== 'done');
  const dated = open.filter(({ due_on }) => due_on !== null);
  dated.sort((one, other) => (one.due_on ?? '').localeCompare(other.due_on ?? ''));
  return [...dated, ...open.filter(({ due_on }) => due_on === null)].slice(0, count);
}
