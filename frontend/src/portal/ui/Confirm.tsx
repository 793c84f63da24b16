import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Problem } from '../../shared/http.ts';
import { refusalOf } from '../../shared/refusal.ts';
import { endSession } from '../session.ts';

interface Props {
  title: string;
  /** What will happen. */
  children: ComponentChildren;
  /** The word on the button, and while it is being done. */
  action: string;
  doing: string;
  /** The word on the button that leaves all as it is. */
  stay?: string;
  danger?: boolean;
  run: () => Promise<void>;
  /** The dialog is closed and the focus is back where it was. */
  closed: () => void;
}

/** Asks before something is done that others will feel. */
export function Confirm(props: Props) {
  const { title, children, action, doing, stay = 'Cancel', danger = false, run, closed } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState('');

  useLayoutEffect(() => dialog.current?.showModal(), []);

  const confirm = async () => {
    setBusy(true);
    setRefused('');
    try {
      await run();
      dialog.current?.close();
    } catch (error) {
      if (error instanceof Problem && error.status === 401) return endSession();
      setRefused(refusalOf(error, []).rest);
      setBusy(false);
    }
  };

  return (
    <dialog
      ref={dialog}
      class="confirm"
      aria-labelledby="confirm-title"
      aria-describedby="confirm-text"
      onCancel={(event) => busy && event.preventDefault()}
      onClose={closed}
    >
      <h2 class="confirm-title" id="confirm-title">
        {title}
      </h2>
      <div id="confirm-text">{children}</div>
      <p class="alert-line" role="alert">
        {refused}
      </p>
      <div class="confirm-buttons">
        <button type="button" class="button" disabled={busy} onClick={() => dialog.current?.close()}>
          {stay}
        </button>
        <button
          type="button"
          class={danger ? 'button danger' : 'button primary'}
          disabled={busy}
          onClick={() => void confirm()}
        >
          {busy ? doing : action}
        </button>
      </div>
    </dialog>
  );
}
