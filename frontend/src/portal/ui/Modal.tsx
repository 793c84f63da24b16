import type { ComponentChildren, RefObject } from 'preact';
import { useId, useLayoutEffect } from 'preact/hooks';

interface Props {
  dialog: RefObject<HTMLDialogElement | null>;
  title: string;
  /** While something is on its way it cannot be left. */
  busy: boolean;
  /** Asked before it is left by Escape. */
  mayLeave?: () => boolean;
  submit: () => void;
  /** The dialog is closed and the focus is back where it was. */
  closed: () => void;
  children: ComponentChildren;
}

/** A form in a dialog. */
export function Modal({ dialog, title, busy, mayLeave, submit, closed, children }: Props) {
  const id = useId();
  useLayoutEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog}
      class="confirm modal"
      aria-labelledby={id}
      onCancel={(event) => {
        // A file field within says `cancel` too.
        if (event.target === dialog.current && (busy || mayLeave?.() === false)) event.preventDefault();
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
        {children}
      </form>
    </dialog>
  );
}
