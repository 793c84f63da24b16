import { useEffect } from 'preact/hooks';
import { clock } from '../chat/open.ts';
import { socketAt } from '../chat/socket.ts';
import { allKinds, type ChangedKind, type ChangeFrame, Changes } from '../live/changes.ts';
import * as api from './api.ts';
import { attendLink } from './connection.ts';
import { user } from './session.ts';

export type { ChangedKind } from '../live/changes.ts';

const followed = new Map<string, Changes>();

/**
 * A number that grows whenever something of these kinds changed in the project, as far as the person sees it, and
 * whenever a change may have been missed: the `version` of a `useResource`. All callers share one socket.
 */
export function useChanges(projectId: string, ...kinds: ChangedKind[]): number {
  return useVersion(changesOf(projectId), kinds);
}

/** The same for what everybody of a project may see, in all projects of the person. */
export function useAllChanges(): number {
  return useVersion(changesOf(null), allKinds);
}

function useVersion(changes: Changes, kinds: readonly ChangedKind[]): number {
  useEffect(() => changes.follow(), [changes]);
  return changes.version(kinds);
}

/** Of one project; null stands for all of them. Kept per person: whoever signs in next hears other things. */
function changesOf(projectId: string | null): Changes {
  const key = `${user.peek()?.id} ${projectId ?? ''}`;
  const known = followed.get(key);
  if (known) return known;
  const changes = new Changes({
    open: socketAt<ChangeFrame>(projectId === null ? '/api/projects/ws' : socketPath(projectId)),
    ask: projectId === null ? api.me : () => api.project(projectId),
    attend: attendLink,
    clock,
  });
  followed.set(key, changes);
  return changes;
}

const socketPath = (projectId: string) => `/api/projects/${encodeURIComponent(projectId)}/ws`;
