import { useEffect } from 'preact/hooks';
import type { TaskList } from '../../tasks/list.ts';
import { tasksListOf } from '../../tasks/open.ts';
import { mayPass, useRetry } from '../connection.ts';
import { useChanges } from '../live.ts';
import { endSession, user } from '../session.ts';

/** The tasks of a project, live while they are shown. */
export function useTasks(project: string): TaskList {
  const { id = '', display_name } = user.value ?? {};
  const list = tasksListOf(project, { id, display_name: display_name ?? 'You' });
  const version = useChanges(project, 'task', 'approval');
  useEffect(() => void list.refresh(), [list, version]);
  useRetry(mayPass(list.problem.value), () => void list.refresh());
  const isSignedOut = list.problem.value?.status === 401 || list.refused.value?.problem.status === 401;
  useEffect(() => {
    if (isSignedOut) endSession();
  }, [isSignedOut]);
  return list;
}
