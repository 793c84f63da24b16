import { useRef, useState } from 'preact/hooks';
import { changeIssue } from '../../issues/api.ts';
import { fasterText } from '../../issues/conflict.ts';
import type { Issue, IssueWithHistory, Status } from '../../issues/types.ts';
import { type Step, statuses, steps } from '../../issues/words.ts';
import { conflictOf } from '../../shared/conflict.ts';
import { Problem } from '../../shared/http.ts';
import { Icon } from '../../shared/icon.tsx';
import { refusalOf } from '../../shared/refusal.ts';
import { endSession } from '../session.ts';
import { Decline } from './Decline.tsx';

interface Props {
  issue: IssueWithHistory;
  reload: () => void;
}

/** Takes the issue to another status. */
export function Steps({ issue, reload }: Props) {
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState({ text: '', isGood: true });
  const [isDeclining, setDeclining] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);

  const take = async (status: Status, reason?: string) => {
    await changeIssue(issue.id, issue.version, { status, ...(reason ? { reason } : {}) });
    setSaid({ text: `Status: ${statuses[status].name}`, isGood: true });
    reload();
  };
  /** Where somebody else was faster, one is told what it is now. */
  const takeOrSay = async (status: Status) => {
    setBusy(true);
    setSaid({ text: '', isGood: true });
    try {
      await take(status);
    } catch (error) {
      if (error instanceof Problem && error.status === 401) return endSession();
      const conflict = conflictOf<Issue>(error);
      if (conflict) reload();
      setSaid({ text: conflict ? fasterText(conflict) : refusalOf(error, []).rest, isGood: false });
    } finally {
      setBusy(false);
    }
    // The button that was pressed may be gone.
    heading.current?.focus();
  };
  const press = (step: Step) => {
    if (step.to === 'declined') setDeclining(true);
    else void takeOrSay(step.to);
  };

  return (
    <section class="issue-steps" aria-labelledby="steps">
      <h2 id="steps" ref={heading} tabIndex={-1}>
        Status
      </h2>
      {steps[issue.status].map((step) => (
        <button
          key={step.to}
          type="button"
          class={step.isNext ? 'button primary' : 'button'}
          disabled={busy}
          onClick={() => press(step)}
        >
          <Icon of={step.icon} size={16} />
          {step.action}
        </button>
      ))}
      <p class={said.isGood ? 'visually-hidden' : 'alert-line'} role={said.isGood ? 'status' : 'alert'}>
        {said.text}
      </p>
      {isDeclining && (
        <Decline
          kind={issue.kind}
          decline={(reason) => take('declined', reason)}
          closed={() => {
            setDeclining(false);
            reload();
            heading.current?.focus();
          }}
        />
      )}
    </section>
  );
}
