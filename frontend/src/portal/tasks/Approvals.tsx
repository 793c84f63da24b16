import { Info, ShieldQuestionMark } from 'lucide';
import { Icon } from '../../shared/icon.tsx';
import { TimeAgo } from '../../shared/time.tsx';
import { longDay } from '../../tasks/due.ts';
import type { Approval, Name, Task } from '../../tasks/types.ts';
import { standingOf } from '../../tasks/words.ts';
import { FileList } from '../files/FileList.tsx';
import { user } from '../session.ts';
import { PlainText } from '../text.tsx';
import { Decide } from './Decide.tsx';
import { ApprovalBadge } from './marks.tsx';
import { isAsked, mayDecide } from './rights.ts';

interface Props {
  task: Task;
  approvals: readonly Approval[];
  /** Whether the last answer given here came too late. */
  wasOutdated: boolean;
}

/** What was asked about a task and what was answered, newest first; what waits for this person stands out. */
export function Approvals({ task, approvals, wasOutdated }: Props) {
  if (approvals.length === 0) return null;
  const isMine = (approval: Approval) => mayDecide() && standingOf(approval) === 'waiting';
  const wanted = approvals.filter(isMine);
  const others = approvals.filter((approval) => !isMine(approval));
  return (
    <section class="approvals" aria-label={`Approvals of ${task.title}`}>
      {wasOutdated && (
        <p class="alert note" role="alert">
          The request changed before your answer arrived, so nothing was recorded. Below is how it stands now.
        </p>
      )}
      {wanted.map((approval) => (
        <Wanted key={approval.id} approval={approval} />
      ))}
      {others.length > 0 && (
        <>
          <h3 class="approvals-heading">{wanted.length > 0 ? 'Earlier requests' : 'Approvals'}</h3>
          <ol class="approval-list">
            {others.map((approval) => (
              <li key={approval.id}>
                <Past approval={approval} />
              </li>
            ))}
          </ol>
        </>
      )}
    </section>
  );
}

function Wanted({ approval }: { approval: Approval }) {
  return (
    <section class="wanted" aria-labelledby={`wanted-${approval.id}`}>
      <div class="wanted-head">
        <span class="tile tint-amber">
          <Icon of={ShieldQuestionMark} size={20} />
        </span>
        <div>
          <h3 id={`wanted-${approval.id}`}>
            {isAsked() ? 'Your approval is wanted' : 'An approval is wanted'}
          </h3>
          <p class="meta-line">
            <span dir="auto">{approval.requester.display_name}</span> asked{' '}
            <TimeAgo iso={approval.created_at} />
          </p>
          {!isAsked() && (
            <p>
              You decide for <span dir="auto">{approval.client.display_name}</span>.
            </p>
          )}
        </div>
      </div>
      {approval.note && <Quote text={approval.note} />}
      <SnapshotView approval={approval} />
      <Decide approval={approval} />
    </section>
  );
}

function Past({ approval }: { approval: Approval }) {
  const { client, requester, decider, comment, created_at, decided_at } = approval;
  const isStale = approval.state === 'approved' && !approval.is_current;
  return (
    <>
      <div class="past-head">
        <ApprovalBadge approval={approval} />
        <p class="meta-line">
          <span dir="auto">{requester.display_name}</span> asked <Who person={client} />{' '}
          <TimeAgo iso={created_at} />
          {decider && decided_at && (
            <>
              {' · '}
              <Who person={decider} /> {approval.state === 'approved' ? 'approved' : 'asked for changes'}
              {decider.id !== client.id && (
                <>
                  {' '}
                  for <Who person={client} />
                </>
              )}{' '}
              <TimeAgo iso={decided_at} />
            </>
          )}
        </p>
      </div>
      {approval.note && <Quote text={approval.note} />}
      {comment && <Quote text={comment} by={decider?.display_name ?? client.display_name} />}
      {isStale && (
        <p class="stale-line">
          <Icon of={Info} size={14} />
          The task has changed since: the approval holds for the text below, not for what it says now.
        </p>
      )}
      <details class="past-snapshot">
        <summary>What was asked about</summary>
        <SnapshotView approval={approval} />
      </details>
    </>
  );
}

function Who({ person: { id, display_name } }: { person: Name }) {
  return id === user.value?.id ? <>you</> : <span dir="auto">{display_name}</span>;
}

function Quote({ text, by }: { text: string; by?: string }) {
  return (
    <blockquote class={by ? 'quote answer' : 'quote'} dir="auto">
      {by && <span class="quote-by">{by}</span>}
      <PlainText of={text} />
    </blockquote>
  );
}

/** The text and the files exactly as the client was asked about them. */
function SnapshotView({ approval: { snapshot, files } }: { approval: Approval }) {
  return (
    <div class="snapshot">
      <p class="snapshot-title" dir="auto">
        {snapshot.title}
      </p>
      {snapshot.description && (
        <p class="snapshot-text" dir="auto">
          <PlainText of={snapshot.description} />
        </p>
      )}
      {snapshot.due_on && <p class="meta-line">Due {longDay(snapshot.due_on)}</p>}
      <FileList files={files} />
    </div>
  );
}
