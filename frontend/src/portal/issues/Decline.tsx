import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { fasterText } from '../../issues/conflict.ts';
import type { Issue, IssueKind } from '../../issues/types.ts';
import { issueKinds, longestReason } from '../../issues/words.ts';
import { conflictOf } from '../../shared/conflict.ts';
import { Problem } from '../../shared/http.ts';
import { refusalOf } from '../../shared/refusal.ts';
import { endSession } from '../session.ts';
import { Field } from '../ui/Field.tsx';
import { LeaveButton, Modal } from '../ui/Modal.tsx';

interface Props {
  kind: IssueKind;
  decline: (reason: string) => Promise<void>;
  /** The dialog is closed, whether it was done or not. */
  closed: () => void;
}

/** Asks for the reason, which the client reads. */
export function Decline({ kind, decline, closed }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState('');
  useLayoutEffect(() => field.current?.focus(), []);

  const send = async () => {
    if (reason.trim() === '') {
      setRefused('Say why: the client reads it.');
      field.current?.focus();
      return;
    }
    setBusy(true);
    setRefused('');
    try {
      await decline(reason.trim());
      dialog.current?.close();
    } catch (error) {
      if (error instanceof Problem && error.status === 401) return endSession();
      const conflict = conflictOf<Issue>(error);
      setRefused(conflict ? fasterText(conflict) : refusalOf(error, []).rest);
      setBusy(false);
    }
  };

  return (
    <Modal
      dialog={dialog}
      title={`Decline this ${issueKinds[kind].name.toLowerCase()}?`}
      busy={busy}
      written={reason.trim() !== ''}
      submit={() => void send()}
      closed={closed}
    >
      <Field name="reason" label="Reason" hint="The client sees it in the history." error={refused}>
        {(attributes) => (
          <textarea
            {...attributes}
            ref={field}
            rows={4}
            dir="auto"
            maxLength={longestReason}
            value={reason}
            required
            onInput={(event) => setReason(event.currentTarget.value)}
          />
        )}
      </Field>
      <p class="visually-hidden" role="alert">
        {refused}
      </p>
      <div class="confirm-buttons">
        <LeaveButton busy={busy} />
        <button type="submit" class="button danger" disabled={busy}>
          {busy ? 'Declining…' : 'Decline'}
        </button>
      </div>
    </Modal>
  );
}
