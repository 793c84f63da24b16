import { Check, MessageSquareWarning } from 'lucide';
import { useRef, useState } from 'preact/hooks';
import { Problem } from '../../shared/http.ts';
import { Icon } from '../../shared/icon.tsx';
import { refusalOf } from '../../shared/refusal.ts';
import { decide } from '../../tasks/api.ts';
import { type Approval, type Decision, longest } from '../../tasks/types.ts';
import { endSession } from '../session.ts';
import { Field } from '../ui/Field.tsx';
import { LeaveButton, Modal } from '../ui/Modal.tsx';
import { useStart } from './Dialogs.tsx';
import { isAsked } from './rights.ts';

/** The answer to a request, by the client or for them: once, and for good. */
export function Decide({ approval }: { approval: Approval }) {
  const start = useStart();
  return (
    <div class="decide">
      <button
        type="button"
        class="button primary"
        onClick={() => start({ kind: 'answer', approval, decision: 'approved' })}
      >
        <Icon of={Check} size={18} />
        Approve
      </button>
      <button
        type="button"
        class="button"
        onClick={() => start({ kind: 'answer', approval, decision: 'changes_requested' })}
      >
        <Icon of={MessageSquareWarning} size={18} />
        Ask for changes
      </button>
    </div>
  );
}

const words = {
  approved: {
    title: 'Approve this task?',
    action: 'Approve',
    doing: 'Approving…',
    label: 'Comment (optional)',
  },
  changes_requested: {
    title: 'Ask for changes',
    action: 'Send',
    doing: 'Sending…',
    label: 'What should be different?',
  },
} satisfies Record<Decision, unknown>;

interface Props {
  approval: Approval;
  decision: Decision;
  /** Whether it still waits: it may have been asked anew while one was writing. */
  isWaiting: boolean;
  decided: () => void;
  /** It was decided, or asked anew, before the answer came. */
  outdated: () => void;
  closed: () => void;
}

export function Answer({ approval, decision, isWaiting, decided, outdated, closed }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [comment, setComment] = useState('');
  const [refused, setRefused] = useState<{ comment?: string; rest: string }>({ rest: '' });
  const [busy, setBusy] = useState(false);
  const [tooLate, setTooLate] = useState(false);
  const isOver = tooLate || !isWaiting;
  const { title, action, doing, label } = words[decision];

  const send = async () => {
    if (decision === 'changes_requested' && comment.trim() === '') {
      setRefused({ comment: 'Say what should be different, so that they can change it.', rest: '' });
      dialog.current?.querySelector('textarea')?.focus();
      return;
    }
    setBusy(true);
    setRefused({ rest: '' });
    try {
      await decide(approval.id, decision, comment.trim() || null);
      dialog.current?.close();
      decided();
    } catch (error) {
      if (error instanceof Problem && error.status === 401) return endSession();
      if (error instanceof Problem && error.status === 409) {
        setBusy(false);
        setTooLate(true);
        // What was written stays to be copied.
        if (comment.trim() === '') dialog.current?.close();
        return outdated();
      }
      setBusy(false);
      const { fields, rest } = refusalOf(error, ['comment']);
      setRefused({ ...(fields.comment ? { comment: fields.comment } : {}), rest });
    }
  };

  return (
    <Modal
      dialog={dialog}
      title={title}
      busy={busy}
      written={comment.trim() !== ''}
      submit={() => void send()}
      closed={closed}
    >
      <p>
        {decision === 'approved'
          ? bindingText(approval)
          : 'The team gets your comment. Your answer is final for this request; they will ask you again.'}
      </p>
      <Field name="comment" label={label} error={refused.comment}>
        {(attributes) => (
          <textarea
            {...attributes}
            rows={4}
            dir="auto"
            required={decision === 'changes_requested'}
            maxLength={longest.note}
            value={comment}
            onInput={(event) => setComment(event.currentTarget.value)}
          />
        )}
      </Field>
      {isOver && !busy && (
        <p class="alert note" role="alert">
          The request has changed meanwhile, so it cannot be answered any more. Close this to see how it
          stands; what you wrote can be copied.
        </p>
      )}
      <p class="alert-line" role="alert">
        {refused.rest}
      </p>
      <div class="confirm-buttons">
        <LeaveButton busy={busy} />
        <button type="submit" class="button primary" disabled={busy || isOver}>
          {busy ? doing : action}
        </button>
      </div>
    </Modal>
  );
}

function bindingText({ client, snapshot: { title, files } }: Approval): string {
  const count =
    files.length === 1 ? ' and the file' : files.length > 1 ? ` and the ${files.length} files` : '';
  const [forWhom, shown] = isAsked() ? ['', 'you were shown'] : [` for ${client.display_name}`, 'shown'];
  return `You approve “${title}”${forWhom} with exactly the text${count} ${shown}. This is recorded with your name and cannot be taken back.`;
}
