import { Problem } from '../../shared/http.ts';
import type { NewTask, Task, TaskPatch, TasksWire } from '../types.ts';

export const me = { id: 'me', display_name: 'Deniz Kaya' };

export function task(id: string, changes: Partial<Task> = {}): Task {
  const at = '2026-11-20T12:00:00Z';
  return {
    id,
    project_id: 'p',
    title: `Task ${id}`,
    description: '',
    status: 'todo',
    due_on: null,
    assignee: null,
    author: me,
    version: 1,
    created_at: at,
    updated_at: at,
    completed_at: null,
    approvals: [],
    ...changes,
  };
}

/** The tasks of a project on a server that behaves, unless a test holds its answers back or lets them fail. */
export class FakeTasks implements TasksWire {
  rows: Task[] = [];
  calls: string[] = [];
  failing: { status: number } | null = null;
  #held: (() => void)[] | null = null;

  hold(): void {
    this.#held = [];
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const answer of held) answer();
  }

  tasks(): Promise<Task[]> {
    // As they are when it is asked, however late the answer comes.
    const rows = [...this.rows];
    return this.#answer('list', () => rows);
  }

  create({ id, title }: NewTask): Promise<Task> {
    return this.#answer(`create ${title}`, () => {
      const made = task(id, { title });
      this.rows = [...this.rows, made];
      return made;
    });
  }

  change(id: string, { after_id, ...fields }: TaskPatch): Promise<Task> {
    return this.#answer(`change ${id} ${JSON.stringify({ ...fields, after_id })}`, () => {
      const before = this.rows.find((row) => row.id === id);
      if (!before) throw new Problem(404);
      const after = {
        ...before,
        ...fields,
        version: before.version + (Object.keys(fields).length > 0 ? 1 : 0),
      };
      const others = this.rows.filter((row) => row.id !== id);
      const place =
        after_id === undefined
          ? this.rows.indexOf(before)
          : others.findIndex((row) => row.id === after_id) + 1;
      this.rows = [...others.slice(0, place), after, ...others.slice(place)];
      return after;
    });
  }

  remove(id: string): Promise<void> {
    return this.#answer(`remove ${id}`, () => {
      this.rows = this.rows.filter((row) => row.id !== id);
    });
  }

  #answer<Answer>(name: string, make: () => Answer): Promise<Answer> {
    this.calls.push(name);
    const failing = this.failing;
    return new Promise((resolve, reject) => {
      const answer = () => {
        try {
          if (failing) throw new Problem(failing.status);
          resolve(make());
        } catch (error) {
          reject(error);
        }
      };
      if (this.#held) this.#held.push(answer);
      else answer();
    });
  }
}
