import { FolderKanban, SearchX } from 'lucide';
import { hueOf } from '../../portal/hue.ts';
import { Page } from '../../portal/Shell.tsx';
import { useFilters } from '../../portal/ui/filters.ts';
import { Listed, useListing } from '../../portal/ui/Listed.tsx';
import { SearchField } from '../../portal/ui/SearchField.tsx';
import * as api from '../api.ts';
import { counted } from '../words.ts';

export function ProjectsPage() {
  const [filters, change] = useFilters('q');
  const listing = useListing(
    `projects ${JSON.stringify(filters)}`,
    (cursor, limit) => api.projects(filters, cursor, limit),
    (project) => project.id,
  );
  return (
    <Page title="All projects" lead="Who is in which project, and as what.">
      <div class="filters">
        <SearchField
          label="Search projects"
          placeholder="Name of a project"
          value={filters.q}
          search={(q) => change({ q })}
        />
      </div>
      <Listed
        listing={listing}
        count={(shown, hasMore) => `${counted(shown, 'project')} shown${hasMore ? ', there are more' : ''}`}
        empty={
          filters.q
            ? { icon: SearchX, heading: 'Nothing found', text: 'No project has such a name.' }
            : {
                icon: FolderKanban,
                heading: 'No projects yet',
                text: 'Projects come from the project-management app.',
              }
        }
      >
        {(projects) => (
          <ul class="rows">
            {projects.map((project) => (
              <li key={project.id}>
                <a class="row person" href={`/admin/projects/${project.id}`}>
                  <span class={`face large square hue-${hueOf(project.id)}`} aria-hidden="true">
                    {project.name.trim()[0]?.toUpperCase()}
                  </span>
                  <span class="person-name">
                    <strong class="two-lines" dir="auto" title={project.name}>
                      {project.name}
                    </strong>
                  </span>
                  <span class="person-facts projects-facts">
                    <span>{project.members === 0 ? 'No members' : counted(project.members, 'member')}</span>
                    <span>{project.rooms === 0 ? 'No rooms' : counted(project.rooms, 'room')}</span>
                  </span>
                </a>
              </li>
            ))}
          </ul>
        )}
      </Listed>
    </Page>
  );
}
