import { Paperclip } from 'lucide';
import type { Issue } from '../../issues/types.ts';
import { issueKinds } from '../../issues/words.ts';
import { Icon } from '../../shared/icon.tsx';
import { TimeAgo } from '../../shared/time.tsx';
import { IssueTile, StatusBadge } from './Badges.tsx';

interface Props {
  issue: Issue;
  /** Whether it says whose it is: one client sees only their own. */
  showsClient: boolean;
  isOwn: boolean;
}

export function IssueRow({ issue, showsClient, isOwn }: Props) {
  const { client, author, files } = issue;
  return (
    <li>
      <a
        class="row issue-row"
        href={`/projects/${encodeURIComponent(issue.project_id)}/issues/${encodeURIComponent(issue.id)}`}
      >
        <IssueTile of={issue.kind} />
        <span class="row-main">
          <span class="row-title" dir="auto">
            {issue.title}
          </span>
          <span class="issue-row-meta">
            <span>{issueKinds[issue.kind].name}</span>
            {showsClient && (
              <span class="issue-row-client" dir="auto">
                {client.display_name}
              </span>
            )}
            {author.id !== client.id && <span dir="auto">by {isOwn ? 'you' : author.display_name}</span>}
            <TimeAgo iso={issue.created_at} />
            {files.length > 0 && (
              <span class="issue-row-files">
                <Icon of={Paperclip} size={12} />
                {files.length}
                <span class="visually-hidden">{files.length === 1 ? ' file' : ' files'}</span>
              </span>
            )}
          </span>
        </span>
        <StatusBadge of={issue.status} />
      </a>
    </li>
  );
}
