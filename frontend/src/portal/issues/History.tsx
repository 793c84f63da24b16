import type { IssueWithHistory, StatusChange } from '../../issues/types.ts';
import { deedOf, issueKinds, statuses } from '../../issues/words.ts';
import { Icon } from '../../shared/icon.tsx';
import { TimeAgo } from '../../shared/time.tsx';
import { PlainText } from '../text.tsx';

/** What became of an issue, oldest first: who, when, and why. */
export function History({ issue, me }: { issue: IssueWithHistory; me: string }) {
  const nameOf = (person: { id: string; display_name: string }) =>
    person.id === me ? 'You' : person.display_name;
  const { icon, tint, a } = issueKinds[issue.kind];
  return (
    <section aria-labelledby="history">
      <h2 id="history">History</h2>
      <ol class="history">
        <li>
          <span class={`history-mark tint-${tint}`}>
            <Icon of={icon} size={14} />
          </span>
          <p>
            <strong dir="auto">{nameOf(issue.author)}</strong> raised {a}
            <Moment at={issue.created_at} />
          </p>
        </li>
        {issue.history.map((change) => (
          <Change key={change.at} change={change} name={nameOf(change.actor)} />
        ))}
      </ol>
    </section>
  );
}

function Change({ change, name }: { change: StatusChange; name: string }) {
  const { icon, tint } = statuses[change.status];
  return (
    <li>
      <span class={`history-mark tint-${tint}`}>
        <Icon of={icon} size={14} />
      </span>
      <div>
        <p>
          <strong dir="auto">{name}</strong> {deedOf(change)}
          <Moment at={change.at} />
        </p>
        {change.reason && (
          <p class="history-reason" dir="auto">
            <PlainText of={change.reason} />
          </p>
        )}
      </div>
    </li>
  );
}

function Moment({ at }: { at: string }) {
  return (
    <span class="history-at">
      {' '}
      <TimeAgo iso={at} />
    </span>
  );
}
