import { useRef } from 'preact/hooks';
import { isId } from '../../chat/ids.ts';
import type { NotificationItem } from '../../inbox/types.ts';
import * as issues from '../../issues/api.ts';
import type { IssueWithHistory } from '../../issues/types.ts';
import { Problem } from '../../shared/http.ts';
import * as api from '../api.ts';
import { IssueView } from '../issues/IssueView.tsx';
import { Told } from '../issues/Told.tsx';
import { useChanges } from '../live.ts';
import { notThere } from '../ProjectFrame.tsx';
import { type Resource, useResource } from '../resource.ts';
import { Page } from '../Shell.tsx';
import { Bones, FailedState } from '../states.tsx';
import { GonePage } from './NotFound.tsx';

/** What there is at the address of an issue. */
type Found =
  | { kind: 'issue'; issue: IssueWithHistory }
  | { kind: 'notification'; project: api.Project; item: NotificationItem }
  | { kind: 'gone' };

export function IssuePage({ project, issue }: { project: string; issue: string }) {
  const all = `/projects/${encodeURIComponent(project)}/issues`;
  const back = { href: all, text: 'Issues' };
  const found = useFound(project, issue);
  if (found.state === 'failed') {
    return (
      <Page title="Issue" back={back}>
        <FailedState problem={found.problem} retry={found.reload} />
      </Page>
    );
  }
  if (found.state === 'loading') {
    return (
      <Page title="Issue" back={back}>
        <Bones rows={3} />
      </Page>
    );
  }
  const { value } = found;
  switch (value.kind) {
    case 'issue':
      return <IssueView key={issue} issue={value.issue} reload={found.reload} back={back} />;
    case 'notification':
      return <Told id={issue} project={value.project} latest={value.item} back={back} />;
    case 'gone':
      return (
        <GonePage
          title="This issue is not here"
          text="It was removed, or it never reached you. The link that led here may be old."
          back={{ href: all, text: 'All issues of the project' }}
        />
      );
  }
}

/** A passing failure to read it anew does not take away what is shown, and what is being written there. */
function useFound(project: string, issue: string): Resource<Found> {
  const key = `issue ${project} ${issue}`;
  const found = useResource(key, () => find(project, issue), useChanges(project, 'issue'));
  const last = useRef<{ key: string; found: Resource<Found> } | null>(null);
  if (found.state === 'ready') last.current = { key, found };
  return found.state === 'failed' && last.current?.key === key ? last.current.found : found;
}

async function find(project: string, id: string): Promise<Found> {
  if (!isId(id)) return { kind: 'gone' };
  try {
    const issue = await issues.issue(id);
    return issue.project_id === project ? { kind: 'issue', issue } : { kind: 'gone' };
  } catch (error) {
    if (!isNotThere(error)) throw error;
  }
  try {
    const about = { project_id: project, source_kind: 'issue', source_id: id };
    const [found, { items }] = await Promise.all([api.project(project), api.notificationsAbout(about)]);
    return items[0] ? { kind: 'notification', project: found, item: items[0] } : { kind: 'gone' };
  } catch (error) {
    if (isNotThere(error)) return { kind: 'gone' };
    throw error;
  }
}

function isNotThere(error: unknown): boolean {
  return error instanceof Problem && notThere(error.status);
}
