import { MessageSquare, Pencil } from 'lucide';
import { useRef, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { keptDraft } from '../../chat/kept.ts';
import { isWritable } from '../../issues/conflict.ts';
import { refer } from '../../issues/reference.ts';
import type { IssueWithHistory } from '../../issues/types.ts';
import { issueKinds } from '../../issues/words.ts';
import { Icon } from '../../shared/icon.tsx';
import { TimeAgo } from '../../shared/time.tsx';
import { choose } from '../chat/visits.ts';
import { FileList } from '../files/FileList.tsx';
import { useReadAbout } from '../read-about.ts';
import { Page } from '../Shell.tsx';
import { useSearchKeys } from '../search/keys.ts';
import { searchPath } from '../search/SearchEntry.tsx';
import { user } from '../session.ts';
import { PlainText } from '../text.tsx';
import { KindBadge, StatusBadge } from './Badges.tsx';
import { EditText } from './EditText.tsx';
import { History } from './History.tsx';
import { isTeam, mayWrite } from './rights.ts';
import { Steps } from './Steps.tsx';

interface Props {
  issue: IssueWithHistory;
  reload: () => void;
  back: { href: string; text: string };
}

/** One issue: what was raised, what became of it, and what one can do about it. */
export function IssueView({ issue, reload, back }: Props) {
  const [isEditing, setEditing] = useState(false);
  const editButton = useRef<HTMLButtonElement>(null);
  const { route } = useLocation();
  useReadAbout('issue', issue.id, `${issue.version}`);
  useSearchKeys(() => route(searchPath(issue.project_id)));
  const me = user.value?.id ?? '';
  const project = `/projects/${encodeURIComponent(issue.project_id)}`;
  const mayEdit = mayWrite(issue.author.id) && isWritable(issue.status);

  const leaveForm = () => {
    setEditing(false);
    // After the form is gone and the button is back.
    requestAnimationFrame(() => editButton.current?.focus());
  };

  return (
    <Page
      title={issue.title}
      tabTitle={`${issue.title} · ${issue.project_name}`}
      back={back}
      lead={
        <span class="issue-lead">
          <StatusBadge of={issue.status} />
          <KindBadge of={issue.kind} />
          <span>
            in <a href={project}>{issue.project_name}</a>
          </span>
        </span>
      }
      aside={
        mayEdit &&
        !isEditing && (
          <button ref={editButton} type="button" class="button" onClick={() => setEditing(true)}>
            <Icon of={Pencil} size={16} />
            Edit
          </button>
        )
      }
    >
      <div class="issue-page">
        <div class="issue-main">
          {isEditing ? (
            <EditText
              issue={issue}
              saved={() => {
                leaveForm();
                reload();
              }}
              cancelled={leaveForm}
            />
          ) : (
            <Body issue={issue} me={me} />
          )}
          <History issue={issue} me={me} />
        </div>
        <aside class="issue-side" aria-label={`About this ${issueKinds[issue.kind].name.toLowerCase()}`}>
          {isTeam() && <Steps issue={issue} reload={reload} />}
          <Discuss issue={issue} href={`${project}/messages`} me={me} />
          <Facts issue={issue} />
        </aside>
      </div>
    </Page>
  );
}

function Body({ issue, me }: { issue: IssueWithHistory; me: string }) {
  const { author, body, files } = issue;
  return (
    <article class="card issue-text" aria-label="Description">
      <p class="meta">
        <strong dir="auto">{author.id === me ? 'You' : author.display_name}</strong> wrote{' '}
        <TimeAgo iso={issue.created_at} />
      </p>
      {body.trim() === '' ? (
        <p class="quiet">No description.</p>
      ) : (
        <p class="issue-words" dir="auto">
          <PlainText of={body} />
        </p>
      )}
      {files.length > 0 && <FileList files={files} />}
    </article>
  );
}

/** Opens the conversation with a reference to the issue in what is begun to be written there. */
function Discuss({ issue, href, me }: { issue: IssueWithHistory; href: string; me: string }) {
  const begin = () => {
    const url = `${location.origin}${location.pathname}`;
    refer(keptDraft(me, issue.room_id), issue.title, url);
    choose(issue.room_id);
  };
  return (
    <a
      class="button"
      href={`${href}?${new URLSearchParams({ room: issue.room_id })}`}
      onClick={begin}
      onAuxClick={begin}
    >
      <Icon of={MessageSquare} size={16} />
      Discuss in chat
    </a>
  );
}

function Facts({ issue }: { issue: IssueWithHistory }) {
  const { client, author } = issue;
  return (
    <dl class="issue-facts">
      {isTeam() && (
        <div>
          <dt>Client</dt>
          <dd dir="auto">{client.display_name}</dd>
        </div>
      )}
      {author.id !== client.id && (
        <div>
          <dt>Raised by</dt>
          <dd dir="auto">{author.display_name}</dd>
        </div>
      )}
      <div>
        <dt>Raised</dt>
        <dd>
          <TimeAgo iso={issue.created_at} />
        </dd>
      </div>
      {issue.updated_at !== issue.created_at && (
        <div>
          <dt>Last changed</dt>
          <dd>
            <TimeAgo iso={issue.updated_at} />
          </dd>
        </div>
      )}
    </dl>
  );
}
