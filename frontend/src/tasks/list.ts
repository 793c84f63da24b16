import { batch, computed, type ReadonlySignal, type Signal, signal } from '@preact/signals-core';
import { Problem } from '../shared/http.ts';
import { movedBehind, neighbourAt } from './order.ts';
import type { Name, Status, Task, TaskPatch, TasksWire } from './types.ts';
import { latestOfEachRoom } from './words.ts';

/** What one change does to the list; doing it twice is doing it once. */
type Edit = (tasks: readonly Task[]) => readonly Task[];

/** What did not work, and why. */
export interface Refused {
  /** "“Paint the hall” could not be moved". */
  what: string;
  problem: Problem;
}

interface Parts {
  me: Name;
  wire: TasksWire;
  newId(): string;
  now(): Date;
}

/** The tasks of one project. What is changed here shows at once, and goes back when the server refuses it. */
export class TaskList {
  /** Null until they were read. */
  readonly tasks: ReadonlySignal<readonly Task[] | null>;
  /** Why they could not be read, while there is nothing to show. */
  readonly problem: Signal<Problem | null> = signal(null);
  readonly refused: Signal<Refused | null> = signal(null);

  readonly #me: Name;
  readonly #wire: TasksWire;
  readonly #newId: () => string;
  readonly #now: () => Date;
  readonly #known: Signal<readonly Task[] | null> = signal(null);
  readonly #edits: Signal<readonly Edit[]> = signal([]);
  /** Changes that were made for good. */
  #done = 0;
  #readings = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor({ me, wire, newId, now }: Parts) {
    this.#me = me;
    this.#wire = wire;
    this.#newId = newId;
    this.#now = now;
    this.tasks = computed(() => {
      const known = this.#known.value;
      return known && this.#edits.value.reduce<readonly Task[]>((tasks, edit) => edit(tasks), known);
    });
  }

  /** Reads them, for the first time or anew. */
  async refresh(): Promise<void> {
    this.#readings += 1;
    const reading = this.#readings;
    const done = this.#done;
    try {
      const tasks = await this.#wire.tasks();
      if (reading !== this.#readings) return;
      // It may have been read before what has been done since.
      if (done !== this.#done) return await this.refresh();
      batch(() => {
        this.#known.value = tasks;
        this.problem.value = null;
      });
    } catch (error) {
      if (reading !== this.#readings) return;
      const problem = error instanceof Problem ? error : new Problem(0);
      // A passing failure does not take away what is on the screen.
      if (this.#known.value === null || problem.status === 404 || problem.status === 401) {
        this.problem.value = problem;
      }
    }
  }

  find(id: string): Task | null {
    return this.tasks.value?.find((task) => task.id === id) ?? null;
  }

  /** A new task at the end of the list; false when it was refused. */
  create(title: string): Promise<boolean> {
    const id = this.#newId();
    const task = this.#draft(id, title);
    const add: Edit = (tasks) => (tasks.some((one) => one.id === id) ? tasks : [...tasks, task]);
    return this.#write(`“${title}” was not added`, add, () => this.#wire.create({ id, title }));
  }

  setStatus(task: Task, status: Status): Promise<boolean> {
    const at = this.#now().toISOString();
    const change = { status, completed_at: status === 'done' ? at : null };
    return this.#write(
      `“${task.title}” was not changed`,
      (tasks) => tasks.map((one) => (one.id === task.id ? { ...one, ...change } : one)),
      () => this.#wire.change(task.id, { status }),
    );
  }

  /** To this place, counted from 0. */
  move(task: Task, to: number): Promise<boolean> {
    const after = neighbourAt(this.tasks.value ?? [], task.id, to);
    return this.#write(
      `“${task.title}” was not moved`,
      (tasks) => movedBehind(tasks, task.id, after),
      () => this.#wire.change(task.id, { after_id: after }),
    );
  }

  remove(task: Task): Promise<void> {
    return this.#wire.remove(task.id).then(() => {
      this.#done += 1;
      this.#known.value = this.#known.value?.filter(({ id }) => id !== task.id) ?? null;
    });
  }

  /** Changes what a task says, if it still is the version that was seen; throws `Problem`. */
  async save(id: string, patch: TaskPatch, version: number): Promise<Task> {
    const task = await this.#wire.change(id, patch, version);
    this.#done += 1;
    this.#take(task);
    return task;
  }

  /** Shows the task as an answer has it. */
  #take(task: Task): void {
    const taken = { ...task, approvals: latestOfEachRoom(task.approvals) };
    this.#known.value =
      this.#known.value?.map((one) => (one.id === task.id && one.version <= task.version ? taken : one)) ??
      null;
  }

  /** One after the other: moves mean something in their order only. */
  #write(what: string, edit: Edit, send: () => Promise<Task>): Promise<boolean> {
    this.refused.value = null;
    this.#edits.value = [...this.#edits.value, edit];
    const written = this.#last.then(async () => {
      try {
        const task = await send();
        this.#done += 1;
        batch(() => {
          this.#known.value = this.#known.value && edit(this.#known.value);
          this.#take(task);
          this.#drop(edit);
        });
        return true;
      } catch (error) {
        batch(() => {
          this.#drop(edit);
          this.refused.value = { what, problem: error instanceof Problem ? error : new Problem(0) };
        });
        void this.refresh();
        return false;
      }
    });
    this.#last = written;
    return written;
  }

  #drop(edit: Edit): void {
    this.#edits.value = this.#edits.value.filter((one) => one !== edit);
  }

  /** As it shows until the server has it: of version 0. */
  #draft(id: string, title: string): Task {
    const at = this.#now().toISOString();
    return {
      id,
      project_id: '',
      title,
      description: '',
      status: 'todo',
      due_on: null,
      assignee: null,
      author: this.#me,
      version: 0,
      created_at: at,
      updated_at: at,
      completed_at: null,
      approvals: [],
    };
  }
}
