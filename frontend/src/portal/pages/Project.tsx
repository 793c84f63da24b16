import { Inbox } from 'lucide';
import { ActivityRow } from '../activity.tsx';
import * as api from '../api.ts';
import { inboxVersion } from '../bell.ts';
import { ProjectFrame } from '../ProjectFrame.tsx';
import { Progress } from '../progress.tsx';
import { useResource } from '../resource.ts';
import { Bones, FailedState, State } from '../states.tsx';
import { messagesText } from './Projects.tsx';

export function ProjectPage({ project: id }: { project: string }) {
  return (
    <ProjectFrame id={id} section="">
      {(project) => (
        <>
          <section class="card facts" aria-label="At a glance">
            <div>
              <h2>Progress</h2>
              <Progress of={project.progress} />
            </div>
            <div>
              <h2>For you</h2>
              <p class="fact">
                {project.unread_count > 0 ? `${project.unread_count} unread` : 'Nothing unread'}
              </p>
            </div>
            <div>
              <h2>Messages</h2>
              <p class="fact">
                <a href={`/projects/${encodeURIComponent(id)}/messages`}>
                  {project.unread_messages > 0 ? messagesText(project.unread_messages) : 'Open messages'}
                </a>
              </p>
            </div>
          </section>
          <Recent id={id} />
        </>
      )}
    </ProjectFrame>
  );
}

function Recent({ id }: { id: string }) {
  const recent = useResource(
    `recent ${id}`,
    () => api.notificationsAbout({ project_id: id }, '', 10),
    inboxVersion.value,
  );
  return (
    <section aria-labelledby="recent">
      <h2 id="recent">Recent activity</h2>
      {recent.state === 'loading' && <Bones rows={4} />}
      {recent.state === 'failed' && <FailedState problem={recent.problem} retry={recent.reload} />}
      {recent.state === 'ready' && recent.value.items.length === 0 && (
        <State icon={Inbox} heading="Quiet so far">
          <p>New issues and messages of this project appear here.</p>
        </State>
      )}
      {recent.state === 'ready' && recent.value.items.length > 0 && (
        <ul class="rows">
          {recent.value.items.map((item) => (
            <ActivityRow key={item.id} item={item} />
          ))}
        </ul>
      )}
    </section>
  );
}
