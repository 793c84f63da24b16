import { call } from '../shared/http.ts';
import type { Page } from '../shared/page.ts';
import type { Issue, IssueFilters, IssuePatch, IssueWithHistory, NewIssue } from './types.ts';

const idOf = encodeURIComponent;

/** The issues of a project that one reaches, newest first. */
export function issuesOf(project: string, filters: IssueFilters, cursor = '', limit = 50) {
  const query = new URLSearchParams({ cursor, limit: `${limit}` });
  for (const status of filters.statuses) query.append('status', status);
  if (filters.kind) query.set('kind', filters.kind);
  if (filters.room) query.set('room_id', filters.room);
  return call<Page<Issue>>(`/api/projects/${idOf(project)}/issues?${query}`);
}

export const issue = (id: string) => call<IssueWithHistory>(`/api/issues/${idOf(id)}`);

/** Asked again with the same id, it answers what is there already. */
export const raiseIssue = (room: string, issue: NewIssue) =>
  call<Issue>(`/api/rooms/${idOf(room)}/issues`, { method: 'POST', body: issue });

/** Refused with 409 when the issue is not of this version any more. */
export const changeIssue = (id: string, version: number | undefined, patch: IssuePatch) =>
  call<IssueWithHistory>(`/api/issues/${idOf(id)}`, { method: 'PATCH', body: patch, version });
