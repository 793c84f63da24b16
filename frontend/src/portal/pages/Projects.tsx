import { BellOff, FolderOpen, MessageSquare } from 'lucide';
import { useState } from 'preact/hooks';
import { Problem } from '../../shared/http.ts';
import { Icon } from '../../shared/icon.tsx';
import { useChoices } from '../account/preferences.ts';
import * as api from '../api.ts';
import { inboxVersion } from '../bell.ts';
import { messagesRead } from '../chat/visits.ts';
import { hueOf } from '../hue.ts';
import { useAllChanges } from '../live.ts';
import { Progress } from '../progress.tsx';
import { useResource } from '../resource.ts';
import { Page, roleNames } from '../Shell.tsx';
import { endSession } from '../session.ts';
import { Bones, FailedState, State } from '../states.tsx';

export function ProjectsPage() {
  const version = inboxVersion.value + messagesRead.value + useAllChanges();
  const first = useResource('projects', () => api.projects(), version);
  return (
    <Page title="Projects" lead="What you are working on together.">
      {first.state === 'loading' && <Bones rows={3} tall />}
      {first.state === 'failed' && <FailedState problem={first.problem} retry={first.reload} />}
      {first.state === 'ready' && <Cards first={first.value} />}
    </Page>
  );
}

function Cards({ first }: { first: { items: api.Project[]; next_cursor: string | null } }) {
  const [later, setLater] = useState<api.Project[]>([]);
  const [next, setNext] = useState(first.next_cursor);
  const [failed, setFailed] = useState(false);
  const muted = useChoices().shown.value?.muted_projects;

  const loadMore = async () => {
    setFailed(false);
    try {
      const page = await api.projects(next ?? '');
      setLater([...later, ...page.items]);
      setNext(page.next_cursor);
    } catch (error) {
      if (error instanceof Problem && error.status === 401) endSession();
      setFailed(true);
    }
  };

  if (first.items.length === 0) {
    return (
      <State icon={FolderOpen} heading="No projects yet">
        <p>As soon as you are added to a project, it appears here.</p>
      </State>
    );
  }
  return (
    <>
      <ul class="cards">
        {[...first.items, ...later].map((project) => (
          <ProjectCard key={project.id} project={project} isMuted={muted?.includes(project.id) ?? false} />
        ))}
      </ul>
      {next !== null && (
        <button type="button" class="button" onClick={() => void loadMore()}>
          {failed ? 'That did not load. Try again' : 'Show more projects'}
        </button>
      )}
    </>
  );
}

function ProjectCard({ project, isMuted }: { project: api.Project; isMuted: boolean }) {
  return (
    <li>
      <a class="card project" href={`/projects/${project.id}`}>
        <span class="project-head">
          <span class={`monogram hue-${hueOf(project.id)}`} aria-hidden="true">
            {project.name.trim()[0]?.toUpperCase()}
          </span>
          <span class="project-name">{project.name}</span>
          {isMuted && (
            <span class="muted-mark" title="Muted: nothing new rings here">
              <Icon of={BellOff} size={16} />
              <span class="visually-hidden">Muted</span>
            </span>
          )}
          {project.unread_count > 0 && (
            <span class="count">
              {project.unread_count > 99 ? '99+' : project.unread_count}
              <span class="visually-hidden"> unread</span>
            </span>
          )}
        </span>
        <Progress of={project.progress} />
        <span class="project-foot">
          <span>{project.role ? (roleNames[project.role] ?? project.role) : 'All access'}</span>
          <Unread project={project} />
        </span>
      </a>
    </li>
  );
}

function Unread({ project }: { project: api.Project }) {
  const { unread_count: notifications, unread_messages: messages } = project;
  if (messages > 0) {
    return (
      <span class="unread-messages">
        <Icon of={MessageSquare} size={14} />
        {messagesText(messages)}
      </span>
    );
  }
  return <span>{notifications > 0 ? `${notifications} unread` : 'All read'}</span>;
}

export function messagesText(count: number): string {
  return count === 1 ? '1 new message' : `${count} new messages`;
}
