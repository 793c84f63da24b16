import type { NotificationItem } from '../inbox/types.ts';
import { call } from '../shared/http.ts';
import type { Page } from '../shared/page.ts';

export interface User {
  id: string;
  display_name: string | null;
  email: string | null;
  role: string;
}

export interface Project {
  id: string;
  name: string;
  role: string | null;
  /** Of one's notifications about it. */
  unread_count: number;
  /** In the conversations one reaches. */
  unread_messages: number;
  progress: { done: number; total: number } | null;
}

export interface About {
  project_id: string;
  source_kind?: string;
  source_id?: string;
}

export const me = () => call<User>('/api/auth/me');
export const login = (email: string, password: string) =>
  call<{ user: User }>('/api/auth/login', { method: 'POST', body: { email, password } });
export const logout = () => call<void>('/api/auth/logout', { method: 'POST' });
export const changePassword = (current_password: string, new_password: string) =>
  call<void>('/api/auth/password', { method: 'POST', body: { current_password, new_password } });

export const projects = (cursor = '') =>
  call<Page<Project>>(`/api/projects?${new URLSearchParams({ cursor, limit: '50' })}`);
export const project = (id: string) => call<Project>(`/api/projects/${encodeURIComponent(id)}`);

/** The notifications one got about a project, or about one thing in it; newest first. */
export const notificationsAbout = (about: About, cursor = '', limit = 20) =>
  call<Page<NotificationItem>>(
    `/api/notifications?${new URLSearchParams({ ...about, cursor, limit: String(limit) })}`,
  );
