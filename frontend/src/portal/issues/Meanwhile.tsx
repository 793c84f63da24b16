import { GitCompareArrows } from 'lucide';
import { deedOf, type IssueConflict, type Text } from '../../issues/conflict.ts';
import { statuses } from '../../issues/words.ts';
import { Icon } from '../../shared/icon.tsx';
import { TimeAgo } from '../../shared/time.tsx';

const fields: { name: keyof Text; label: string }[] = [
  { name: 'title', label: 'Title' },
  { name: 'body', label: 'Description' },
];

interface Props {
  conflict: IssueConflict;
  mine: Text;
  /** Whether the text can no longer be changed. */
  isClosed: boolean;
}

/** Somebody was faster: what it says now, beside what was typed here. */
export function Meanwhile({ conflict: { current, changes }, mine, isClosed }: Props) {
  const theirs = fields.filter(({ name }) => current[name] !== mine[name]);
  return (
    <div class="meanwhile" role="alert">
      <p class="meanwhile-head">
        <Icon of={GitCompareArrows} size={16} />
        <span>
          {changes.length === 0 && 'This was changed meanwhile, in another window perhaps. '}
          {changes.map((change) => (
            <span key={change.version}>
              <strong dir="auto">{change.actor.display_name}</strong> {deedOf(change)} (
              <TimeAgo iso={change.at} />
              ).{' '}
            </span>
          ))}
          What you typed is kept below.
        </span>
      </p>
      {isClosed && (
        <p>
          It is “{statuses[current.status].name}” now, so its text can no longer be changed. Copy what you
          need, or write it in the chat.
        </p>
      )}
      {!isClosed && theirs.length > 0 && <p>Saving replaces this with your text:</p>}
      {theirs.length > 0 && (
        <dl>
          {theirs.map(({ name, label }) => (
            <div key={name}>
              <dt>{label} now</dt>
              <dd dir="auto">{current[name] || 'Empty'}</dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  );
}
