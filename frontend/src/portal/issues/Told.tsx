import { Info } from 'lucide';
import type { NotificationItem } from '../../inbox/types.ts';
import { Icon } from '../../shared/icon.tsx';
import { kindOf } from '../../shared/kinds.ts';
import { TimeAgo } from '../../shared/time.tsx';
import { KindTile } from '../activity.tsx';
import type { Project } from '../api.ts';
import { useTarget } from '../focus.ts';
import { Page } from '../Shell.tsx';

const moment = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' });

interface Props {
  id: string;
  project: Project;
  latest: NotificationItem;
  back: { href: string; text: string };
}

/** An issue that is known from the person's own notification only. */
export function Told({ id, project, latest, back }: Props) {
  const target = useTarget<HTMLElement>(true, id);
  const label = kindOf(latest.type).label;
  return (
    <Page
      title={latest.title}
      tabTitle={`${latest.title} · ${project.name}`}
      back={back}
      lead={
        <>
          {label} in <a href={`/projects/${encodeURIComponent(project.id)}`}>{project.name}</a>
        </>
      }
    >
      <article ref={target} id={`issue-${id}`} class="card issue" tabIndex={-1} aria-label={latest.title}>
        <KindTile type={latest.type} large />
        <div>
          {latest.body && (
            <p class="issue-body" dir="auto">
              {latest.body}
            </p>
          )}
          <p class="meta">
            {moment.format(new Date(latest.created_at))} (<TimeAgo iso={latest.created_at} />)
          </p>
        </div>
      </article>
      <p class="footnote">
        <Icon of={Info} size={16} />
        The issue itself is not here; this is what you were told.
      </p>
    </Page>
  );
}
