import { call } from '../shared/http.ts';
import type { Page } from '../shared/page.ts';
import type { Approval, Decision, NewApproval, Person, Task, TasksWire } from './types.ts';

const idOf = encodeURIComponent;
const pageSize = 100;

export const task = (id: string) => call<Task>(`/api/tasks/${idOf(id)}`);

/** Whom a task can be given to, among the people of a project. */
export const team = async (project: string) => {
  const people = await call<Person[] | Page<Person>>(`/api/projects/${idOf(project)}/people`);
  const all = Array.isArray(people) ? people : people.items;
  return all.filter(({ role }) => role !== 'client');
};

export const ask = (id: string, body: NewApproval) =>
  call<Approval>(`/api/tasks/${idOf(id)}/approvals`, { method: 'POST', body });

export const decide = (approval: string, decision: Decision, comment: string | null) =>
  call<Approval>(`/api/approvals/${idOf(approval)}/decision`, {
    method: 'POST',
    body: { decision, ...(comment === null ? {} : { comment }) },
  });

/** All tasks of a project, in order. */
async function tasksOf(project: string): Promise<Task[]> {
  const tasks: Task[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const query: URLSearchParams = new URLSearchParams({ cursor, limit: `${pageSize}` });
    const page: Page<Task> = await call(`/api/projects/${idOf(project)}/tasks?${query}`);
    tasks.push(...page.items);
    cursor = page.next_cursor;
  }
  return tasks;
}

export function tasksWire(project: string): TasksWire {
  return {
    tasks() {
      return tasksOf(project);
    },
    create(body) {
      return call(`/api/projects/${idOf(project)}/tasks`, { method: 'POST', body });
    },
    change(id, body, version) {
      return call(`/api/tasks/${idOf(id)}`, { method: 'PATCH', body, version });
    },
    remove(id) {
      return call(`/api/tasks/${idOf(id)}`, { method: 'DELETE' });
    },
  };
}
