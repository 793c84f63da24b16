import type { LastMessage } from '../chat/types.ts';
import { call } from '../shared/http.ts';
import type { Page } from '../shared/page.ts';

export type Role = 'admin' | 'staff' | 'developer' | 'client';
export type MemberRole = 'manager' | 'developer' | 'client';

export interface Account {
  user_id: string;
  email: string;
  display_name: string;
  role: Role;
  is_active: boolean;
  created_at: string;
  updated_at: string;
  last_sign_in_at: string | null;
  /** Nothing is sent to the address. */
  email_suppressed: boolean;
  projects: number;
}

export interface Membership {
  project_id: string;
  project_name: string;
  role: MemberRole;
  source: 'portal' | 'host';
}

export interface AccountWithMemberships extends Account {
  memberships: Membership[];
}

export interface NewAccount {
  user_id: string;
  email: string;
  display_name: string;
  role: Role;
  first_password: 'generated' | 'link';
}

/** The first password or the link, whichever was asked for: shown once, kept nowhere. */
export interface CreatedAccount {
  account: Account;
  first_password: string | null;
  link: string | null;
  link_expires_at: string | null;
}

export interface PasswordLink {
  link: string;
  expires_at: string;
}

export interface AdminProject {
  id: string;
  name: string;
  members: number;
  rooms: number;
}

/** What is of the account is null for a host's user without an account here. */
export interface Member {
  user_id: string;
  display_name: string | null;
  email: string | null;
  account_role: Role | null;
  is_active: boolean | null;
  role: MemberRole;
  source: 'portal' | 'host';
  created_at: string;
}

export interface Room {
  id: string;
  project_id: string;
  project_name: string;
  client: { id: string; display_name: string };
  is_open: boolean;
  unread_count: number;
  active_at: string;
  last_message: LastMessage | null;
}

/** The name is null for somebody without an account here. */
export interface AuditedPerson {
  id: string;
  display_name: string | null;
}

export interface AuditEntry {
  id: string;
  at: string;
  action: string;
  actor: AuditedPerson | null;
  user: AuditedPerson | null;
  project: { id: string; name: string } | null;
  address: string | null;
  details: Record<string, unknown>;
}

export type MailState = 'waiting' | 'sending' | 'retrying' | 'sent' | 'not_sent' | 'dead' | 'dropped';

export interface Email {
  id: string;
  recipient: { id: string; display_name: string | null };
  /** Where it went at last. */
  address: string | null;
  state: MailState;
  /** The last fault, or why it is not sent. */
  error: string | null;
  attempts: number;
  created_at: string;
  due_at: string;
  ended_at: string | null;
  item_count: number;
  /** Of the first thing that it tells of. */
  title: string | null;
  has_letter: boolean;
}

export interface Letter {
  subject: string;
  from: string;
  to: string;
  date: string | null;
  text: string | null;
  html: string | null;
  headers: Record<string, string>;
}

export interface SuppressedAddress {
  address: string;
  reason: string;
  created_at: string;
  user: { id: string; display_name: string | null } | null;
}

/** Whether e-mail can leave. */
export interface Delivery {
  /** `smtp`, `files`, or `off` and why. */
  way: string;
  /** When something was due that is still here, if that is late. */
  email_due_since: string | null;
  /** Why, as the mail server or the network put it. */
  email_error: string | null;
  push_due_since: string | null;
  /** E-mails of the last 24 hours, and why the latest of them was. */
  given_up: number;
  given_up_error: string | null;
}

export interface Retried {
  count: number;
  /** As they were, for nothing is sent to their addresses. */
  left: number;
}

const pageSize = 50;

export const accounts = (filters: Filters, cursor = '', limit = pageSize) =>
  call<Page<Account>>(`/api/admin/accounts?${query({ ...filters, cursor, limit })}`);
export const account = (id: string) => call<AccountWithMemberships>(`/api/admin/accounts/${segment(id)}`);
export const createAccount = (account: NewAccount) =>
  call<CreatedAccount>('/api/admin/accounts', { method: 'POST', body: account });
export const changeAccount = (
  id: string,
  change: Partial<Pick<Account, 'email' | 'display_name' | 'role' | 'is_active'>>,
) => call<Account>(`/api/admin/accounts/${segment(id)}`, { method: 'PATCH', body: change });
export const makePasswordLink = (id: string) =>
  call<PasswordLink>(`/api/admin/accounts/${segment(id)}/password_link`, { method: 'POST' });

/** The host's users who have no account yet. */
export const users = (q: string, limit = 8) =>
  call<Page<{ user_id: string }>>(`/api/admin/users?${query({ q, limit })}`);

export const projects = (filters: Filters, cursor = '', limit = pageSize) =>
  call<Page<AdminProject>>(`/api/admin/projects?${query({ ...filters, cursor, limit })}`);
export const members = (project: string, cursor = '', limit = pageSize) =>
  call<Page<Member>>(`/api/admin/projects/${segment(project)}/members?${query({ cursor, limit })}`);
export const putMember = (project: string, user: string, role: MemberRole) =>
  call<void>(`/api/admin/projects/${segment(project)}/members/${segment(user)}`, {
    method: 'PUT',
    body: { role },
  });
export const removeMember = (project: string, user: string) =>
  call<void>(`/api/admin/projects/${segment(project)}/members/${segment(user)}`, { method: 'DELETE' });

export const rooms = (filters: Filters, cursor = '', limit = pageSize) =>
  call<Page<Room>>(`/api/rooms?${query({ ...filters, cursor, limit })}`);
export const roomsOf = (project: string, cursor = '', limit = pageSize) =>
  call<Page<Room>>(`/api/projects/${segment(project)}/rooms?${query({ cursor, limit })}`);

export const audit = (filters: Filters, cursor = '', limit = pageSize) =>
  call<Page<AuditEntry>>(`/api/admin/audit?${query({ ...filters, cursor, limit })}`);

export const emails = (filters: Filters, cursor = '', limit = pageSize) =>
  call<Page<Email>>(`/api/admin/mail?${query({ ...filters, cursor, limit })}`);
export const retryEmail = (id: string) =>
  call<void>(`/api/admin/mail/${segment(id)}/retry`, { method: 'POST' });
export const retryDeadEmails = () => call<Retried>('/api/admin/mail/retry_dead', { method: 'POST' });
export const dropEmail = (id: string) =>
  call<void>(`/api/admin/mail/${segment(id)}/drop`, { method: 'POST' });
export const delivery = () => call<Delivery>('/api/admin/mail/delivery');
export const letter = (id: string) => call<Letter>(`/api/admin/mail/${segment(id)}/letter`);
/** The address of its HTML, for a frame: a document of its own, with a policy of its own. */
export const letterPage = (id: string) => `/api/admin/mail/${segment(id)}/letter.html`;
export const suppressions = (cursor = '', limit = pageSize) =>
  call<Page<SuppressedAddress>>(`/api/admin/mail/suppressions?${query({ cursor, limit })}`);
export const suppressAddress = (address: string, reason: string) =>
  call<void>('/api/admin/mail/suppressions', { method: 'POST', body: { address, reason: reason || null } });
export const allowAddress = (address: string) =>
  call<void>(`/api/admin/mail/suppressions?${query({ address })}`, { method: 'DELETE' });

export type Filters = Record<string, string | undefined>;

/** Only what is given: an empty role is no role, not the empty one. */
function query(parameters: Record<string, string | number | undefined>): URLSearchParams {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined && value !== '');
  return new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
}

function segment(id: string): string {
  return encodeURIComponent(id);
}
