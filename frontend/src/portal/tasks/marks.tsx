import { CalendarClock, CalendarDays, ShieldAlert, ShieldCheck, ShieldQuestionMark, ShieldX } from 'lucide';
import { Icon } from '../../shared/icon.tsx';
import { dueText, isOverdue, longDay, shortDay, urgencyOf } from '../../tasks/due.ts';
import type { Approval, Task } from '../../tasks/types.ts';
import { type Standing, standingOf, standingWords } from '../../tasks/words.ts';

/** When it is due; that it is overdue is said in words too. */
export function Due({ task }: { task: Pick<Task, 'due_on' | 'status'> }) {
  if (task.due_on === null) return null;
  const now = new Date();
  const isDone = task.status === 'done';
  const urgency = isDone ? 'later' : urgencyOf(task.due_on, now);
  return (
    <time class={`due ${urgency}`} dateTime={task.due_on} title={longDay(task.due_on)}>
      <Icon of={isOverdue(task, now) ? CalendarClock : CalendarDays} size={14} />
      {isDone ? shortDay(task.due_on, now) : dueText(task.due_on, now)}
    </time>
  );
}

const standingIcons = {
  waiting: ShieldQuestionMark,
  approved: ShieldCheck,
  changes: ShieldX,
  outdated: ShieldAlert,
  replaced: ShieldAlert,
} satisfies Record<Standing, unknown>;

/** How a request stands; with the client's name where several are asked. */
export function ApprovalBadge({ approval, isNamed = false }: { approval: Approval; isNamed?: boolean }) {
  const standing = standingOf(approval);
  const { text, tint } = standingWords[standing];
  return (
    <span class={`mark-badge tint-${tint}`}>
      <Icon of={standingIcons[standing]} size={14} />
      {isNamed && (
        <span class="mark-who" dir="auto">
          {approval.client.display_name}:
        </span>
      )}
      {text}
    </span>
  );
}

export function taskHref({ id, project_id }: Pick<Task, 'id' | 'project_id'>): string {
  return `/projects/${encodeURIComponent(project_id)}/tasks?${new URLSearchParams({ focus: id })}`;
}
