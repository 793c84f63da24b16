import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { TaskList } from '../../tasks/list.ts';
import type { Approval, Decision, Task } from '../../tasks/types.ts';
import { standingOf } from '../../tasks/words.ts';
import { Confirm } from '../ui/Confirm.tsx';
import { AskApproval } from './AskApproval.tsx';
import { Answer } from './Decide.tsx';
import { EditTask } from './EditTask.tsx';

/** What is being done with a task in a dialog. */
export type Doing =
  | { kind: 'edit' | 'ask' | 'delete'; task: Task }
  | { kind: 'answer'; approval: Approval; decision: Decision };

const Start = createContext<(doing: Doing) => void>(() => undefined);

export const Starts = Start.Provider;

/** Opens a dialog of the page. */
export function useStart(): (doing: Doing) => void {
  return useContext(Start);
}

interface Props {
  doing: Doing;
  list: TaskList;
  /** Something was done, with a word for those who do not see it. */
  done: (said: string) => void;
  /** The answer to a request came too late. */
  outdated: (approval: Approval) => void;
  closed: () => void;
}

/**
 * The dialogs stand apart from the list: its tasks may move or go while one is writing, and what was written stays.
 */
export function Dialogs({ doing, list, done, outdated, closed }: Props) {
  switch (doing.kind) {
    case 'edit':
      return <EditTask list={list} task={doing.task} saved={() => done('Saved.')} closed={closed} />;
    case 'ask':
      return (
        <AskApproval
          task={list.find(doing.task.id) ?? doing.task}
          asked={(client) => done(`${client} was asked.`)}
          closed={closed}
        />
      );
    case 'delete':
      return (
        <Confirm
          title={`Delete “${doing.task.title}”?`}
          action="Delete task"
          doing="Deleting…"
          danger
          run={() => list.remove(doing.task)}
          closed={closed}
        >
          <p>It disappears for everybody in the project. This cannot be undone.</p>
        </Confirm>
      );
    case 'answer': {
      const { approval, decision } = doing;
      return (
        <Answer
          approval={approval}
          decision={decision}
          isWaiting={isWaiting(list, approval)}
          decided={() => done(decision === 'approved' ? 'Approved.' : 'Your comment was sent.')}
          outdated={() => outdated(approval)}
          closed={closed}
        />
      );
    }
  }
}

/** Whether the request can still be answered, as far as is known here. */
function isWaiting(list: TaskList, { id, task_id }: Approval): boolean {
  return list.find(task_id)?.approvals.some((one) => one.id === id && standingOf(one) === 'waiting') ?? false;
}
