import { newId } from '../chat/ids.ts';
import { tasksWire } from './api.ts';
import { TaskList } from './list.ts';
import type { Name } from './types.ts';

let held: { key: string; list: TaskList } | null = null;

/** The tasks of a project; from one page of it to the next they stay. */
export function tasksListOf(project: string, me: Name): TaskList {
  const key = `${me.id} ${project}`;
  if (held?.key !== key) {
    held = { key, list: new TaskList({ me, wire: tasksWire(project), newId, now: () => new Date() }) };
  }
  return held.list;
}

/** Nobody is signed in any more. */
export function forgetTasks(): void {
  held = null;
}
