import type { MemberRole, Role } from './api.ts';

export const roleTitles: Record<Role, string> = {
  admin: 'Administrator',
  staff: 'Project manager',
  developer: 'Developer',
  client: 'Client',
};

export const partTitles: Record<MemberRole, string> = {
  manager: 'Manager',
  developer: 'Developer',
  client: 'Client',
};

/** Which parts in a project an account of a role can have, the usual one first; as the server has it. */
export const partsOf: Record<Role, readonly MemberRole[]> = {
  admin: ['manager', 'developer'],
  staff: ['manager', 'developer'],
  developer: ['developer'],
  client: ['client'],
};

/** The words for what the server names, or its own name for what came later than these pages. */
export function titleOf(titles: Record<string, string>, name: unknown): string {
  return titles[String(name)] ?? String(name).replaceAll('_', ' ');
}

/** "1 project", "2 projects". */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

const whole = new Intl.DateTimeFormat('en', { dateStyle: 'full', timeStyle: 'short' });
const short = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' });
const clock = new Intl.DateTimeFormat('en', { timeStyle: 'short' });

export const wholeTime = (iso: string) => whole.format(new Date(iso));
export const shortTime = (iso: string) => short.format(new Date(iso));
export const clockTime = (iso: string) => clock.format(new Date(iso));

/** Of a host's user without a name here. */
export function shortId(id: string): string {
  return id.length > 13 ? `${id.slice(0, 8)}…${id.slice(-4)}` : id;
}

export const longestName = 200;

/** A link as it can be sent to somebody, whether the server knows its own address or not. */
export function absoluteLink(link: string): string {
  return new URL(link, location.origin).href;
}
