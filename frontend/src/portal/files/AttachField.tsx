import { Paperclip } from 'lucide';
import { useId, useRef } from 'preact/hooks';
import type { Uploads } from '../../files/uploads.ts';
import { pastedFiles, useDrop } from './choose.ts';
import { PickButton } from './PickButton.tsx';
import { UploadList } from './UploadList.tsx';

interface Props {
  /** From `attachmentsOf`. */
  uploads: Uploads;
  label?: string;
}

/**
 * The files of a form: chosen, dropped on it or pasted into it, uploaded at once, and part of what the form sends
 * when it sends the ids of `uploads.files`.
 */
export function AttachField({ uploads, label = 'Files' }: Props) {
  const id = useId();
  const field = useRef<HTMLFieldSetElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const take = (files: File[]) => uploads.add(files);
  const isOver = useDrop(take, field);
  return (
    <fieldset
      ref={field}
      class={isOver ? 'attach over' : 'attach'}
      onPaste={(event) => take(pastedFiles(event))}
      aria-describedby={id}
    >
      <legend>{label}</legend>
      <div class="attach-choose">
        <PickButton take={take} icon={Paperclip} button={button}>
          Attach files
        </PickButton>
        <p id={id} class="attach-hint">
          {isOver ? 'Drop them here' : 'or drop or paste them here'}
        </p>
      </div>
      <UploadList uploads={uploads} refocus={() => button.current?.focus()} />
    </fieldset>
  );
}
