import type { IssueKind, Status } from '../../issues/types.ts';
import { issueKinds, statuses } from '../../issues/words.ts';
import { Icon } from '../../shared/icon.tsx';

export function StatusBadge({ of: status }: { of: Status }) {
  const { name, icon, tint } = statuses[status];
  return (
    <span class={`status-badge tint-${tint}`}>
      <Icon of={icon} size={14} />
      {name}
    </span>
  );
}

export function KindBadge({ of: kind }: { of: IssueKind }) {
  const { name, icon, tint } = issueKinds[kind];
  return (
    <span class={`status-badge tint-${tint}`}>
      <Icon of={icon} size={14} />
      {name}
    </span>
  );
}

export function IssueTile({ of: kind }: { of: IssueKind }) {
  const { icon, tint } = issueKinds[kind];
  return (
    <span class={`tile tint-${tint}`}>
      <Icon of={icon} size={18} />
    </span>
  );
}
