import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { user } from '../session.ts';

/** As `ROLES_WITH` has it on the server, which decides. */
const workers = ['admin', 'staff', 'developer'];

/** Whether somebody creates, changes, orders and completes tasks. */
export function mayWork(): boolean {
  return workers.includes(user.value?.role ?? '');
}

const Part = createContext<string | null>(null);

/** One's part in the project that is shown below. */
export const PartHere = Part.Provider;

/** Whether somebody asks clients: the developers of a project, and admins. */
export function useMayAsk(): boolean {
  return useContext(Part) === 'developer' || user.value?.role === 'admin';
}

/** Whether the requests one sees are asked of oneself. */
export function isAsked(): boolean {
  return user.value?.role === 'client';
}

/** Whether somebody answers requests: the client who is asked, or an admin for them. */
export function mayDecide(): boolean {
  return isAsked() || user.value?.role === 'admin';
}
