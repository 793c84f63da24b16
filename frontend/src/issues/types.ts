import type { PortalFile } from '../files/types.ts';

export type IssueKind = 'issue' | 'requirement';
export type Status = 'open' | 'in_progress' | 'done' | 'declined';

export interface Name {
  id: string;
  display_name: string;
}

/** What a client raised, as the API sends it. Times are ISO 8601 in UTC. */
export interface Issue {
  id: string;
  project_id: string;
  project_name: string;
  room_id: string;
  client: Name;
  kind: IssueKind;
  title: string;
  body: string;
  status: Status;
  author: Name;
  version: number;
  files: PortalFile[];
  created_at: string;
  updated_at: string;
}

/** One change of an issue's status. */
export interface StatusChange {
  actor: Name;
  status_before: Status;
  status: Status;
  reason: string | null;
  at: string;
}

export interface IssueWithHistory extends Issue {
  /** Oldest first. */
  history: StatusChange[];
}

export interface NewIssue {
  id: string;
  kind: IssueKind;
  title: string;
  body: string;
  file_ids: string[];
}

export interface IssuePatch {
  title?: string;
  body?: string;
  status?: Status;
  reason?: string;
}

/** Which issues of a project; an empty value leaves nothing out. */
export interface IssueFilters {
  statuses: readonly Status[];
  kind: string;
  room: string;
}
