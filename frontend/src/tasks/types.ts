import type { PortalFile } from '../files/types.ts';

export interface Name {
  id: string;
  display_name: string;
}

export interface Person extends Name {
  /** Their part in the project. */
  role: string;
}

export type Status = 'todo' | 'in_progress' | 'done';

/** A task as the API sends it. `due_on` is a day of the calendar, the same everywhere. */
export interface Task {
  id: string;
  project_id: string;
  title: string;
  description: string;
  status: Status;
  due_on: string | null;
  assignee: Name | null;
  author: Name;
  version: number;
  created_at: string;
  updated_at: string;
  completed_at: string | null;
  /** Of the rooms one reaches, newest first: in lists the latest of each room. */
  approvals: Approval[];
}

/** What an edit can change. */
export interface TaskFields {
  title: string;
  description: string;
  status: Status;
  due_on: string | null;
  assignee_id: string | null;
}

export type Decision = 'approved' | 'changes_requested';

/** A task's text and files as the client was asked about them. */
export interface Snapshot {
  title: string;
  description: string;
  due_on: string | null;
  files: { id: string; name: string; media_type: string; size: number; sha256: string }[];
}

export interface Approval {
  id: string;
  task_id: string;
  project_id: string;
  room_id: string;
  client: Name;
  requester: Name;
  note: string;
  snapshot: Snapshot;
  snapshot_hash: string;
  /** Whether the task still says what the snapshot holds. */
  is_current: boolean;
  state: 'pending' | Decision | 'superseded';
  comment: string | null;
  decider: Name | null;
  files: PortalFile[];
  created_at: string;
  decided_at: string | null;
}

export interface NewTask {
  id: string;
  title: string;
}

export interface NewApproval {
  id: string;
  client_id: string;
  note: string;
  file_ids: string[];
}

/** The server, as far as the list of one project's tasks has to do with it. All of it throws `Problem`. */
export interface TasksWire {
  /** All of them, in order. */
  tasks(): Promise<Task[]>;
  create(task: NewTask): Promise<Task>;
  change(id: string, change: TaskPatch, version?: number): Promise<Task>;
  remove(id: string): Promise<void>;
}

/** `after_id` moves the task behind that one, null makes it the first. */
export type TaskPatch = Partial<TaskFields> & { after_id?: string | null };

/** As the server has them. */
export const longest = { title: 200, description: 10_000, note: 2_000 } as const;
