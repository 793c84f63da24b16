import type { ComponentChildren, RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import * as api from './api.ts';
import { inboxVersion } from './bell.ts';
import { messagesRead } from './chat/visits.ts';
import { useChanges } from './live.ts';
import { GonePage } from './pages/NotFound.tsx';
import { type Resource, useResource } from './resource.ts';
import { Page, roleNames } from './Shell.tsx';
import { SearchEntry } from './search/SearchEntry.tsx';
import { Bones, FailedState } from './states.tsx';
import { useEdges } from './ui/edges.ts';

const sections = [
  { path: '', text: 'Overview' },
  { path: '/messages', text: 'Messages' },
  { path: '/tasks', text: 'Tasks' },
  { path: '/files', text: 'Files' },
  { path: '/issues', text: 'Issues' },
];

/** Has no tab of its own: the frame's field leads there. */
export const searchSection = '/search';

interface Props {
  id: string;
  /** One of the paths of the sections, or of the search. */
  section: string;
  children: (project: api.Project) => ComponentChildren;
}

/** The pages of one project: its name, its sections, and a page of its own when it is out of reach. */
export function ProjectFrame({ id, section, children }: Props) {
  const project = useProject(id);
  const tabs = useTabInView(section, project.state);
  if (project.state === 'failed' && notThere(project.problem.status)) {
    return (
      <GonePage
        title="No such project"
        text="It was removed, or you are no longer part of it."
        back={{ href: '/projects', text: 'All projects' }}
      />
    );
  }
  const name = project.state === 'ready' ? project.value.name : 'Project';
  const at = sections.find(({ path }) => path === section);
  return (
    <Page
      title={name}
      tabTitle={section ? `${at?.text ?? 'Search'} · ${name}` : name}
      back={{ href: '/projects', text: 'Projects' }}
      lead={project.state === 'ready' && roleLine(project.value)}
      aside={section !== searchSection && <SearchEntry project={id} />}
    >
      <nav ref={tabs} class="sections" aria-label="Sections of the project">
        {sections.map(({ path, text }) => (
          <a
            key={path}
            href={`/projects/${encodeURIComponent(id)}${path}`}
            aria-current={path === section ? 'page' : undefined}
          >
            {text}
            {path === '/messages' && project.state === 'ready' && (
              <Count of={project.value.unread_messages} />
            )}
          </a>
        ))}
      </nav>
      {project.state === 'loading' && <Bones rows={4} />}
      {project.state === 'failed' && <FailedState problem={project.problem} retry={project.reload} />}
      {project.state === 'ready' && children(project.value)}
    </Page>
  );
}

/** On a phone the tabs scroll: the one of this section stands in view. */
function useTabInView(section: string, state: string): RefObject<HTMLElement | null> {
  const tabs = useRef<HTMLElement>(null);
  useEdges(tabs, state);
  useEffect(() => {
    const here = tabs.current?.querySelector<HTMLElement>('[aria-current]');
    if (tabs.current && here) tabs.current.scrollLeft = here.offsetLeft - tabs.current.offsetLeft - 16;
  }, [section, state]);
  return tabs;
}

/** Once it is there, a passing failure to read it anew does not take the page away. */
function useProject(id: string): Resource<api.Project> {
  const version = inboxVersion.value + messagesRead.value + useChanges(id, 'task');
  const project = useResource(`project ${id}`, () => api.project(id), version);
  const last = useRef<Resource<api.Project> | null>(null);
  const isPassing = project.state === 'failed' && !notThere(project.problem.status);
  if (isPassing && last.current?.state === 'ready' && last.current.value.id === id) return last.current;
  last.current = project;
  return project;
}

function Count({ of: count }: { of: number }) {
  if (!(count > 0)) return null;
  return (
    <span class="count">
      {count > 99 ? '99+' : count}
      <span class="visually-hidden"> unread</span>
    </span>
  );
}

/** An id that is no id at all is as good as one that is not there. */
export function notThere(status: number): boolean {
  return status === 404 || status === 422;
}

function roleLine(project: api.Project): string {
  const role = project.role ?? 'admin';
  return `Your role: ${roleNames[role] ?? role}`;
}
