import { type ComponentChildren, createContext, type RefObject } from 'preact';
import { useContext, useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Confirm } from './Confirm.tsx';

interface Props {
  dialog: RefObject<HTMLDialogElement | null>;
  title: string;
  /** While something is on its way it cannot be left. */
  busy: boolean;
  /** Whether something was written that leaving would lose: then it is asked first. */
  written: boolean;
  submit: () => void;
  /** The dialog is closed and the focus is back where it was. */
  closed: () => void;
  children: ComponentChildren;
}

const Leave = createContext<() => void>(() => undefined);

/** A form in a dialog. */
export function Modal({ dialog, title, busy, written, submit, closed, children }: Props) {
  const id = useId();
  const [isAsking, setAsking] = useState(false);
  const isDiscarded = useRef(false);
  useLayoutEffect(() => dialog.current?.showModal(), []);
  const leave = () => {
    if (busy) return;
    if (written) setAsking(true);
    else dialog.current?.close();
  };
  const answered = () => {
    setAsking(false);
    if (isDiscarded.current) dialog.current?.close();
  };
  return (
    <>
      <dialog
        ref={dialog}
        class="confirm modal"
        aria-labelledby={id}
        onKeyDown={(event) => {
          if (event.key !== 'Escape' || event.defaultPrevented || event.isComposing) return;
          // Pressed twice, it would close a dialog without asking.
          event.preventDefault();
          leave();
        }}
        onCancel={(event) => {
          // A file field within says `cancel` too.
          if (event.target !== dialog.current) return;
          event.preventDefault();
          leave();
        }}
        onClose={(event) => event.target === dialog.current && closed()}
      >
        <form
          class="form"
          method="dialog"
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            if (!busy) submit();
          }}
        >
          <h2 class="confirm-title" id={id}>
            {title}
          </h2>
          <Leave.Provider value={leave}>{children}</Leave.Provider>
        </form>
      </dialog>
      {isAsking && (
        <Confirm
          title="Discard what you wrote?"
          action="Discard"
          doing="Discarding…"
          stay="Keep writing"
          danger
          run={async () => {
            isDiscarded.current = true;
          }}
          closed={answered}
        >
          <p>It was not sent, and it is kept nowhere else.</p>
        </Confirm>
      )}
    </>
  );
}

/** Leaves the dialog it stands in, as Escape does. */
export function LeaveButton({ busy }: { busy: boolean }) {
  const leave = useContext(Leave);
  return (
    <button type="button" class="button" disabled={busy} onClick={leave}>
      Cancel
    </button>
  );
}
