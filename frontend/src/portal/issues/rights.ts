import { user } from '../session.ts';

/** Whether somebody may raise issues: clients, and an admin in their stead. */
export function mayRaise(): boolean {
  return user.value?.role === 'client' || user.value?.role === 'admin';
}

/** Whether somebody is of those who work on what clients raise. */
export function isTeam(): boolean {
  return user.value?.role !== 'client';
}

/** Whether somebody may change what an issue says: whoever raised it, and an admin. */
export function mayWrite(author: string): boolean {
  return user.value?.id === author || user.value?.role === 'admin';
}
