import { CircleCheck, CircleSlash, Inbox, Plus } from 'lucide';
import { useEffect, useRef } from 'preact/hooks';
import { isId } from '../../chat/ids.ts';
import { issuesOf } from '../../issues/api.ts';
import { tabOf } from '../../issues/tabs.ts';
import type { Issue } from '../../issues/types.ts';
import { issueKinds } from '../../issues/words.ts';
import { Icon } from '../../shared/icon.tsx';
import { useClients } from '../issues/clients.ts';
import { FilterBar, type FilterName } from '../issues/FilterBar.tsx';
import { IssueRow } from '../issues/IssueRow.tsx';
import { isTeam, mayRaise } from '../issues/rights.ts';
import { useChanges } from '../live.ts';
import { ProjectFrame } from '../ProjectFrame.tsx';
import { user } from '../session.ts';
import { useFilters } from '../ui/filters.ts';
import { Listed, useListing } from '../ui/Listed.tsx';

export function IssuesPage({ project }: { project: string }) {
  return (
    <ProjectFrame id={project} section="/issues">
      {() => <Issues project={project} />}
    </ProjectFrame>
  );
}

function Issues({ project }: { project: string }) {
  const [asked, filter] = useFilters('status', 'kind', 'room');
  const filters = { status: asked.status, ...known(asked) };
  const clients = useClients(project);
  const { value: tab, statuses } = tabOf(filters.status);
  const listing = useListing<Issue>(
    `issues ${project} ${tab} ${filters.kind} ${filters.room}`,
    (cursor, limit) => issuesOf(project, { statuses, kind: filters.kind, room: filters.room }, cursor, limit),
    ({ id }) => id,
  );
  const changes = useChanges(project, 'issue');
  const heard = useRef(changes);
  useEffect(() => {
    if (heard.current !== changes) void listing.refresh();
    heard.current = changes;
  }, [changes]);
  const me = user.value?.id;
  return (
    <section aria-label="Issues and requirements">
      <FilterBar
        filters={filters}
        filter={filter}
        rooms={isTeam() && clients.state === 'ready' ? clients.value : []}
      >
        {mayRaise() && <NewButtons project={project} />}
      </FilterBar>
      <Listed listing={listing} count={countText} empty={emptyOf(filters)}>
        {(items) => (
          <ul class="rows">
            {items.map((issue) => (
              <IssueRow key={issue.id} issue={issue} showsClient={isTeam()} isOwn={issue.author.id === me} />
            ))}
          </ul>
        )}
      </Listed>
    </section>
  );
}

/** An address may hold anything: what cannot be asked for does not filter. */
function known({ kind, room }: Record<FilterName, string>) {
  return { kind: Object.hasOwn(issueKinds, kind) ? kind : '', room: isId(room) ? room : '' };
}

function NewButtons({ project }: { project: string }) {
  const href = `/projects/${encodeURIComponent(project)}/issues/new`;
  return (
    <div class="issue-new">
      <a class="button" href={`${href}?kind=requirement`}>
        <Icon of={Plus} size={16} />
        New requirement
      </a>
      <a class="button primary" href={href}>
        <Icon of={Plus} size={16} />
        New issue
      </a>
    </div>
  );
}

function countText(shown: number, hasMore: boolean): string {
  return `${shown}${hasMore ? ' or more' : ''} ${shown === 1 ? 'entry' : 'entries'}`;
}

/** Why there is nothing: all is done, nothing was raised, or the filters leave nothing. */
function emptyOf(filters: Record<FilterName, string>) {
  const noun = nounOf(filters.kind);
  const whose = filters.room ? ' of this client' : '';
  switch (tabOf(filters.status).value) {
    case 'done':
      return {
        icon: CircleCheck,
        heading: 'Nothing done yet',
        text: `Finished ${noun}${whose} appear here.`,
      };
    case 'declined':
      return { icon: CircleSlash, heading: 'Nothing declined', text: `No ${noun}${whose} were declined.` };
    case 'all':
      return { icon: Inbox, heading: 'Nothing raised yet', text: raisingText(noun, whose) };
    default:
      return { icon: CircleCheck, heading: `No active ${noun}`, text: raisingText(noun, whose) };
  }
}

function nounOf(kind: string): string {
  if (kind === 'issue') return 'issues';
  return kind === 'requirement' ? 'requirements' : 'issues or requirements';
}

function raisingText(noun: string, whose: string): string {
  return mayRaise() && !isTeam()
    ? 'Tell the team what is wrong, or what you wish for: it appears here, with what becomes of it.'
    : `New ${noun}${whose} appear here as soon as they are raised.`;
}
