import { GitCompareArrows } from 'lucide';
import { Icon } from '../../shared/icon.tsx';
import { TimeAgo } from '../../shared/time.tsx';
import type { Clash, Field, Merge, Theirs } from '../../tasks/conflict.ts';
import { longDay } from '../../tasks/due.ts';
import type { Status, TaskFields } from '../../tasks/types.ts';
import { fieldNames, statusNames } from '../../tasks/words.ts';

export type Choice = 'mine' | 'theirs';

interface Props {
  merge: Merge;
  choices: Partial<Record<Field, Choice>>;
  nameOf: (id: string) => string;
  choose: (clash: Clash, choice: Choice) => void;
}

/** Somebody else was faster: field by field what they changed, and where both did, which one is to stay. */
export function Clashes({ merge: { clashes, taken }, choices, nameOf, choose }: Props) {
  const text = (field: Field, value: TaskFields[Field]) => textOf(field, value, nameOf);
  return (
    <section class="clashes" tabIndex={-1} aria-label="Changed meanwhile">
      <p class="clashes-head" role="alert">
        <Icon of={GitCompareArrows} size={18} />
        <span>
          <strong>Changed meanwhile.</strong> {leadOf(clashes, taken)} What you wrote is kept.
        </span>
      </p>
      {clashes.map((clash) => (
        <fieldset key={clash.field} class={choices[clash.field] ? 'clash chosen' : 'clash'}>
          <legend>{fieldNames[clash.field]}</legend>
          <p class="clash-before">
            Before: <span dir="auto">{text(clash.field, clash.before)}</span>
          </p>
          <Option
            clash={clash}
            choice="theirs"
            chosen={choices[clash.field]}
            choose={choose}
            head={<Who change={clash} />}
            text={text(clash.field, clash.theirs)}
          />
          <Option
            clash={clash}
            choice="mine"
            chosen={choices[clash.field]}
            choose={choose}
            head="Keep mine"
            text={text(clash.field, clash.mine)}
          />
        </fieldset>
      ))}
      {taken.length > 0 && (
        <ul class="clash-taken">
          {taken.map((change) => (
            <li key={change.field}>
              <strong>{fieldNames[change.field]}</strong>{' '}
              <del dir="auto">
                <span class="visually-hidden">before: </span>
                {text(change.field, change.before)}
              </del>{' '}
              <ins dir="auto">
                <span class="visually-hidden">now: </span>
                {text(change.field, change.theirs)}
              </ins>
              <span class="clash-who">
                <By change={change} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

interface OptionProps {
  clash: Clash;
  choice: Choice;
  chosen: Choice | undefined;
  choose: Props['choose'];
  head: preact.ComponentChildren;
  text: string;
}

function Option({ clash, choice, chosen, choose, head, text }: OptionProps) {
  return (
    <label class="choice">
      <input
        type="radio"
        name={`clash-${clash.field}`}
        checked={chosen === choice}
        onChange={() => choose(clash, choice)}
      />
      <span>
        <strong>{head}</strong>
        <span class="clash-text" dir="auto">
          {text}
        </span>
      </span>
    </label>
  );
}

function Who({ change }: { change: Theirs }) {
  return (
    <>
      Use theirs{' '}
      <span class="clash-who">
        <By change={change} />
      </span>
    </>
  );
}

function By({ change: { by, at } }: { change: Theirs }) {
  return (
    <>
      <span dir="auto">{by?.display_name ?? 'Somebody'}</span>
      {at && (
        <>
          , <TimeAgo iso={at} />
        </>
      )}
    </>
  );
}

function leadOf(clashes: readonly Clash[], taken: readonly Theirs[]): string {
  const names = [...new Set([...clashes, ...taken].map(({ by }) => by?.display_name ?? 'Somebody'))];
  const who = names.length > 0 ? names.join(' and ') : 'Somebody';
  if (clashes.length > 0) return `${who} changed the same as you: choose what is to stay, then save.`;
  return `${who} changed something else: save again to add yours.`;
}

function textOf(field: Field, value: TaskFields[Field], nameOf: (id: string) => string): string {
  if (value === null) return field === 'assignee_id' ? 'Nobody' : 'None';
  if (field === 'status') return statusNames[value as Status];
  if (field === 'due_on') return longDay(value);
  if (field === 'assignee_id') return nameOf(value);
  return value || 'Empty';
}
