import { CircleCheck } from 'lucide';
import type { NotificationItem } from '../../inbox/types.ts';
import { ActivityRow } from '../activity.tsx';
import * as api from '../api.ts';
import { inboxVersion } from '../bell.ts';
import { ProjectFrame } from '../ProjectFrame.tsx';
import { useResource } from '../resource.ts';
import { Bones, FailedState, State } from '../states.tsx';

export function IssuesPage({ project }: { project: string }) {
  return (
    <ProjectFrame id={project} section="/issues">
      {() => <Known id={project} />}
    </ProjectFrame>
  );
}

function Known({ id }: { id: string }) {
  const issues = useResource(
    `issues ${id}`,
    () => api.notificationsAbout({ project_id: id, source_kind: 'issue' }, '', 100),
    inboxVersion.value,
  );
  if (issues.state === 'loading') return <Bones rows={4} />;
  if (issues.state === 'failed') return <FailedState problem={issues.problem} retry={issues.reload} />;
  const latest = latestOfEach(issues.value.items);
  if (latest.length === 0) {
    return (
      <State icon={CircleCheck} tint="green" heading="No issues">
        <p>When a client raises an issue or a requirement, it appears here.</p>
      </State>
    );
  }
  return (
    <section aria-label="Issues and requirements">
      <ul class="rows">
        {latest.map((item) => (
          <ActivityRow key={item.source_id} item={item} />
        ))}
      </ul>
    </section>
  );
}

/** Several notifications may be about one issue: the newest stands for it. */
function latestOfEach(items: NotificationItem[]): NotificationItem[] {
  const seen = new Set<string>();
  return items.filter((item) => !seen.has(item.source_id) && seen.add(item.source_id));
}
