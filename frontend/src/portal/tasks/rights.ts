import { user } from '../session.ts';

/** As `ROLES_WITH` has it on the server, which decides. */
const workers = ['admin', 'staff', 'developer'];
const askers = ['admin', 'developer'];

/** Whether somebody creates, changes, orders and completes tasks. */
export function mayWork(): boolean {
  return workers.includes(user.value?.role ?? '');
}

export function mayAsk(): boolean {
  return askers.includes(user.value?.role ?? '');
}

/** Whether the requests one sees are asked of oneself. */
export function mayDecide(): boolean {
  return user.value?.role === 'client';
}
