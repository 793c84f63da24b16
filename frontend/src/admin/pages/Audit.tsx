import { ScrollText, SearchX } from 'lucide';
import { project as projectOf } from '../../portal/api.ts';
import { useResource } from '../../portal/resource.ts';
import { Page } from '../../portal/Shell.tsx';
import { useFilters } from '../../portal/ui/filters.ts';
import { Listed, useListing } from '../../portal/ui/Listed.tsx';
import { AuditRows } from '../AuditRows.tsx';
import * as api from '../api.ts';
import { deeds } from '../audit.ts';
import { Chosen, PersonFilter } from '../PersonFilter.tsx';
import { counted, shortId } from '../words.ts';

export function AuditPage() {
  const [filters, change] = useFilters('action', 'user_id', 'project_id');
  const listing = useListing(
    `audit ${JSON.stringify(filters)}`,
    (cursor, limit) => api.audit(filters, cursor, limit),
    (entry) => entry.id,
  );
  const isFiltered = Object.values(filters).some(Boolean);
  return (
    <Page title="Audit log" lead="Sign-ins, and everything that administrators did. It only grows.">
      <div class="filters labelled">
        <div class="field">
          <label for="action">What happened</label>
          <select
            id="action"
            value={filters.action}
            onChange={(event) => change({ action: event.currentTarget.value })}
          >
            <option value="">Everything</option>
            {Object.entries(deeds).map(([action, { title }]) => (
              <option key={action} value={action}>
                {title}
              </option>
            ))}
          </select>
        </div>
        <PersonFilter label="About whom" value={filters.user_id} choose={(user_id) => change({ user_id })} />
        {filters.project_id && (
          <Chosen label="In project" clear={() => change({ project_id: '' })}>
            <ProjectName id={filters.project_id} />
          </Chosen>
        )}
      </div>
      <Listed
        listing={listing}
        count={(shown, hasMore) =>
          `${counted(shown, 'entry', 'entries')} shown${hasMore ? ', there are more' : ''}`
        }
        empty={
          isFiltered
            ? { icon: SearchX, heading: 'Nothing found', text: 'Nothing in the log matches these filters.' }
            : { icon: ScrollText, heading: 'Nothing yet', text: 'Sign-ins and changes appear here.' }
        }
      >
        {(entries) => <AuditRows entries={entries} />}
      </Listed>
    </Page>
  );
}

function ProjectName({ id }: { id: string }) {
  const project = useResource(`project ${id}`, () => projectOf(id));
  return <>{project.state === 'ready' ? project.value.name : shortId(id)}</>;
}
