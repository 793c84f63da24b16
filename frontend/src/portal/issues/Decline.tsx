import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { fasterText } from '../../issues/conflict.ts';
import type { Issue, IssueKind } from '../../issues/types.ts';
import { issueKinds, longestReason } from '../../issues/words.ts';
import { conflictOf } from '../../shared/conflict.ts';
import { Problem } from '../../shared/http.ts';
import { refusalOf } from '../../shared/refusal.ts';
import { endSession } from '../session.ts';

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
  const id = useId();

  useLayoutEffect(() => {
    dialog.current?.showModal();
    field.current?.focus();
  }, []);

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
    <dialog
      ref={dialog}
      class="confirm"
      aria-labelledby={`${id}-title`}
      onCancel={(event) => busy && event.preventDefault()}
      onClose={closed}
    >
      <form
        class="form"
        method="dialog"
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <h2 class="confirm-title" id={`${id}-title`}>
          Decline this {issueKinds[kind].name.toLowerCase()}?
        </h2>
        <div class="field">
          <label for={`${id}-reason`}>Reason</label>
          <textarea
            ref={field}
            id={`${id}-reason`}
            rows={4}
            dir="auto"
            maxLength={longestReason}
            value={reason}
            required
            aria-describedby={`${id}-hint ${id}-refused`}
            aria-invalid={refused !== ''}
            onInput={(event) => setReason(event.currentTarget.value)}
          />
          <span class="hint" id={`${id}-hint`}>
            The client sees it in the history.
          </span>
        </div>
        <p class="alert-line" id={`${id}-refused`} role="alert">
          {refused}
        </p>
        <div class="confirm-buttons">
          <button type="button" class="button" disabled={busy} onClick={() => dialog.current?.close()}>
            Cancel
          </button>
          <button type="submit" class="button danger" disabled={busy}>
            {busy ? 'Declining…' : 'Decline'}
          </button>
        </div>
      </form>
    </dialog>
  );
}
