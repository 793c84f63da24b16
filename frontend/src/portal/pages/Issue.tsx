import { Info } from 'lucide';
import type { NotificationItem } from '../../inbox/types.ts';
import { Icon } from '../../shared/icon.tsx';
import { kindOf } from '../../shared/kinds.ts';
import { TimeAgo } from '../../shared/time.tsx';
import { KindTile } from '../activity.tsx';
import * as api from '../api.ts';
import { inboxVersion } from '../bell.ts';
import { useTarget } from '../focus.ts';
import { notThere } from '../ProjectFrame.tsx';
import { useResource } from '../resource.ts';
import { Page } from '../Shell.tsx';
import { Bones, FailedState } from '../states.tsx';
import { GonePage } from './NotFound.tsx';

const moment = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' });

export function IssuePage({ project, issue }: { project: string; issue: string }) {
  const back = { href: `/projects/${encodeURIComponent(project)}/issues`, text: 'Issues' };
  const known = useResource(`issue ${project} ${issue}`, () => knownOf(project, issue), inboxVersion.value);
  if (known.state === 'failed' && !notThere(known.problem.status)) {
    return (
      <Page title="Issue" back={back}>
        <FailedState problem={known.problem} retry={known.reload} />
      </Page>
    );
  }
  if (known.state === 'loading') {
    return (
      <Page title="Issue" back={back}>
        <Bones rows={3} />
      </Page>
    );
  }
  const [latest, ...earlier] = known.state === 'ready' ? known.value.items : [];
  if (known.state === 'failed' || !latest) {
    return (
      <GonePage
        title="This issue is not here"
        text="It was removed, or it never reached you. The link that led here may be old."
        back={{ href: back.href, text: 'All issues of the project' }}
      />
    );
  }
  const label = kindOf(latest.type).label;
  return (
    <Page
      title={latest.title}
      tabTitle={`${latest.title} · ${known.value.project.name}`}
      back={back}
      lead={
        <>
          {label} in <a href={`/projects/${encodeURIComponent(project)}`}>{known.value.project.name}</a>
        </>
      }
    >
      <Target id={issue} project={known.value.project} latest={latest} />
      {earlier.length > 0 && <Earlier items={earlier} />}
      <p class="footnote">
        <Icon of={Info} size={16} />
        Shown from your notifications; the full issue will appear here.
      </p>
    </Page>
  );
}

async function knownOf(projectId: string, issue: string) {
  const [project, { items }] = await Promise.all([
    api.project(projectId),
    api.notificationsAbout({ project_id: projectId, source_kind: 'issue', source_id: issue }, '', 100),
  ]);
  return { project, items };
}

function Target({ id, project, latest }: { id: string; project: api.Project; latest: NotificationItem }) {
  const target = useTarget<HTMLElement>(true, id);
  return (
    <article ref={target} id={`issue-${id}`} class="card issue" tabIndex={-1} aria-label={latest.title}>
      <KindTile type={latest.type} large />
      <div>
        {latest.body && <p class="issue-body">{latest.body}</p>}
        <dl class="details">
          <div>
            <dt>Kind</dt>
            <dd>{kindOf(latest.type).label}</dd>
          </div>
          <div>
            <dt>Project</dt>
            <dd>{project.name}</dd>
          </div>
          <div>
            <dt>Reported</dt>
            <dd>
              {moment.format(new Date(latest.created_at))} (<TimeAgo iso={latest.created_at} />)
            </dd>
          </div>
        </dl>
      </div>
    </article>
  );
}

function Earlier({ items }: { items: NotificationItem[] }) {
  return (
    <section aria-labelledby="earlier">
      <h2 id="earlier">Earlier</h2>
      <ol class="timeline">
        {items.map((item) => (
          <li key={item.id}>
            <p>{item.body ?? item.title}</p>
            <p class="meta">
              <TimeAgo iso={item.created_at} />
            </p>
          </li>
        ))}
      </ol>
    </section>
  );
}
