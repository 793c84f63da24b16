import type { ComponentChildren } from 'preact';
import type { Room } from '../../chat/types.ts';
import { tabOf, tabs } from '../../issues/tabs.ts';
import type { IssueKind } from '../../issues/types.ts';
import { issueKinds } from '../../issues/words.ts';
import { Segments } from '../ui/Segments.tsx';

export type FilterName = 'status' | 'kind' | 'room';

interface Props {
  filters: Record<FilterName, string>;
  filter: (change: Partial<Record<FilterName, string>>) => void;
  rooms: readonly Room[];
  children?: ComponentChildren;
}

/** Which issues are shown: by what became of them, by kind, and for the team by client. */
export function FilterBar({ filters, filter, rooms, children }: Props) {
  return (
    <div class="issue-bar">
      <Segments
        label="Status"
        name="status"
        choices={tabs}
        value={tabOf(filters.status).value}
        choose={(status) => filter({ status })}
      />
      <div class="issue-selects">
        <select
          aria-label="Kind"
          value={filters.kind}
          onChange={(event) => filter({ kind: event.currentTarget.value })}
        >
          <option value="">All kinds</option>
          {(Object.keys(issueKinds) as IssueKind[]).map((kind) => (
            <option key={kind} value={kind}>
              {issueKinds[kind].name}s
            </option>
          ))}
        </select>
        {rooms.length > 1 && (
          <select
            aria-label="Client"
            value={filters.room}
            onChange={(event) => filter({ room: event.currentTarget.value })}
          >
            <option value="">All clients</option>
            {rooms.map(({ id, client }) => (
              <option key={id} value={id}>
                {client.display_name}
              </option>
            ))}
          </select>
        )}
      </div>
      {children}
    </div>
  );
}
