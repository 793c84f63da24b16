import {
  BookmarkPlus,
  Circle,
  CircleAlert,
  CircleCheck,
  CircleDashed,
  CirclePlay,
  CircleSlash,
  type IconNode,
  RotateCcw,
} from 'lucide';
import type { Kind } from '../shared/kinds.ts';
import type { IssueKind, Status, StatusChange } from './types.ts';

interface Look {
  name: string;
  icon: IconNode;
  tint: Kind['tint'];
}

export const statuses: Record<Status, Look> = {
  open: { name: 'Open', icon: Circle, tint: 'blue' },
  in_progress: { name: 'In progress', icon: CircleDashed, tint: 'amber' },
  done: { name: 'Done', icon: CircleCheck, tint: 'green' },
  declined: { name: 'Declined', icon: CircleSlash, tint: 'grey' },
};

export const issueKinds: Record<IssueKind, Look & { a: string; sentence: string }> = {
  issue: {
    name: 'Issue',
    icon: CircleAlert,
    tint: 'red',
    a: 'an issue',
    sentence: 'Something is wrong and should be put right.',
  },
  requirement: {
    name: 'Requirement',
    icon: BookmarkPlus,
    tint: 'violet',
    a: 'a requirement',
    sentence: 'Something new that you wish for.',
  },
};

export interface Step {
  to: Status;
  action: string;
  icon: IconNode;
  /** The step that is usually next. */
  isNext?: boolean;
}

const decline: Step = { to: 'declined', action: 'Decline…', icon: CircleSlash };
const finish: Step = { to: 'done', action: 'Mark as done', icon: CircleCheck };
const reopen: Step = { to: 'open', action: 'Reopen', icon: RotateCcw };

/** Where the team can take an issue from here. */
export const steps: Record<Status, readonly Step[]> = {
  open: [{ to: 'in_progress', action: 'Start work', icon: CirclePlay, isNext: true }, finish, decline],
  in_progress: [
    { ...finish, isNext: true },
    { to: 'open', action: 'Put back to open', icon: Circle },
    decline,
  ],
  done: [reopen],
  declined: [reopen],
};

/** What somebody did, as it follows their name. */
export function deedOf({ status_before: before, status }: StatusChange): string {
  if (status === 'open') return before === 'in_progress' ? 'put it back to open' : 'reopened it';
  return deeds[status];
}

const deeds: Record<Exclude<Status, 'open'>, string> = {
  in_progress: 'started work on it',
  done: 'marked it as done',
  declined: 'declined it',
};

/** As the server has them. */
export const longestTitle = 200;
export const longestBody = 10_000;
export const longestReason = 2_000;
