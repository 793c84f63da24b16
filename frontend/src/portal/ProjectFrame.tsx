import type { ComponentChildren } from 'preact';
import * as api from './api.ts';
import { inboxVersion } from './bell.ts';
import { GonePage } from './pages/NotFound.tsx';
import { useResource } from './resource.ts';
import { Page, roleNames } from './Shell.tsx';
import { Bones, FailedState } from './states.tsx';

const sections = [
  { path: '', text: 'Overview' },
  { path: '/messages', text: 'Messages' },
  { path: '/issues', text: 'Issues' },
];

interface Props {
  id: string;
  /** One of the paths of the sections. */
  section: string;
  children: (project: api.Project) => ComponentChildren;
}

/** The pages of one project: its name, its sections, and a page of its own when it is out of reach. */
export function ProjectFrame({ id, section, children }: Props) {
  const project = useResource(`project ${id}`, () => api.project(id), inboxVersion.value);
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
      tabTitle={section ? `${at?.text} · ${name}` : name}
      back={{ href: '/projects', text: 'Projects' }}
      lead={project.state === 'ready' && roleLine(project.value)}
    >
      <nav class="sections" aria-label="Sections of the project">
        {sections.map(({ path, text }) => (
          <a
            key={path}
            href={`/projects/${encodeURIComponent(id)}${path}`}
            aria-current={path === section ? 'page' : undefined}
          >
            {text}
          </a>
        ))}
      </nav>
      {project.state === 'loading' && <Bones rows={4} />}
      {project.state === 'failed' && <FailedState problem={project.problem} retry={project.reload} />}
      {project.state === 'ready' && children(project.value)}
    </Page>
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
