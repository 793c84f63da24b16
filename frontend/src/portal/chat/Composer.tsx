import { LoaderCircle, Paperclip, SendHorizontal, Upload } from 'lucide';
import type { RefObject } from 'preact';
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { keptDraft, watchDraft } from '../../chat/kept.ts';
import type { RoomStore } from '../../chat/room.ts';
import { unsentText } from '../../files/words.ts';
import { Icon } from '../../shared/icon.tsx';
import { attachmentsOf } from '../files/attachments.ts';
import { useDrop, usePaste } from '../files/choose.ts';
import { PickButton } from '../files/PickButton.tsx';
import { UploadList } from '../files/UploadList.tsx';
import { leftText } from '../ui/Left.tsx';

export const longestMessage = 4000;
/** The count is shown when this few characters are left. */
const nearEnd = 400;

interface Props {
  store: RoomStore;
  room: string;
  /** Who reads it, as within a sentence. */
  name: string;
  field: RefObject<HTMLTextAreaElement | null>;
  /** Files dropped on it are attached. */
  zone: RefObject<HTMLElement | null>;
  sent: () => void;
}

/** Where one writes; the draft is kept for the next visit. */
export function Composer({ store, room, name, field, zone, sent }: Props) {
  const [kept] = useState(() => keptDraft(store.me, room));
  const [text, setText] = useState(() => kept.read() ?? '');
  const id = useId();
  // As the server counts: an emoji is one character.
  const left = longestMessage - [...text].length;
  const attached = attachmentsOf(room, 'message');
  const isUploading = attached.isBusy.value;
  const isEmpty = text.trim() === '' && attached.files.value.length === 0;
  const canSend = !isEmpty && left >= 0 && !isUploading && !attached.hasFailed.value;
  const attach = (files: File[]) => attached.add(files);
  const isOver = useDrop(attach, zone);
  usePaste(attach);

  useLayoutEffect(() => {
    if (field.current) grow(field.current);
  }, [text]);
  useEffect(() => {
    const refit = () => field.current && grow(field.current);
    addEventListener('resize', refit);
    return () => removeEventListener('resize', refit);
  }, []);

  // As it was last kept or found: what differs from it is being written here right now.
  const saved = useRef(text);
  useEffect(
    () =>
      watchDraft(store.me, room, () => {
        const draft = kept.read() ?? '';
        const shown = field.current?.value ?? '';
        const isWriting = document.hasFocus() && document.activeElement === field.current;
        if (isWriting && shown !== saved.current) return;
        saved.current = draft;
        setText(draft);
      }),
    [store, room],
  );
  const keep = (value: string) => {
    saved.current = value;
    kept.write(value === '' ? null : value);
  };

  const write = (value: string) => {
    setText(value);
    keep(value.trim() === '' ? '' : value);
    if (value !== '') store.typing.pressed();
  };
  const send = () => {
    if (!canSend) return;
    store.send(text.trim() === '' ? '' : text, attached.files.value);
    attached.used();
    setText('');
    keep('');
    field.current?.focus();
    sent();
  };

  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <label class="visually-hidden" for={id}>
        Message to {name}
      </label>
      <div class="composer-box">
        <PickButton take={attach} icon={Paperclip} class="composer-attach" label="Attach files" />
        <textarea
          ref={field}
          id={id}
          rows={1}
          dir="auto"
          placeholder={`Write to ${name}`}
          value={text}
          aria-describedby={`${id}-hint ${id}-left`}
          aria-invalid={left < 0}
          enterkeyhint={hasTouch() ? 'enter' : 'send'}
          onInput={({ currentTarget }) => write(currentTarget.value)}
          onKeyDown={(event) => {
            if (!isSendKey(event)) return;
            event.preventDefault();
            send();
          }}
        />
        <SendButton canSend={canSend} isUploading={isUploading} />
      </div>
      <UploadList uploads={attached} refocus={() => field.current?.focus()} />
      {attached.hasFailed.value && !isUploading && (
        <p class="upload-refusal">{unsentText(attached.failed.value)}</p>
      )}
      <div class="composer-foot">
        <p id={`${id}-hint`} class="composer-hint">
          {!hasTouch() && 'Enter sends, Shift + Enter starts a new line'}
        </p>
        <p id={`${id}-left`} class={left < 0 ? 'composer-left over' : 'composer-left'} role="status">
          {left <= nearEnd && leftText(left)}
        </p>
      </div>
      {isOver && (
        <p class="composer-drop">
          <Icon of={Upload} size={24} />
          Drop to attach
        </p>
      )}
    </form>
  );
}

function SendButton({ canSend, isUploading }: { canSend: boolean; isUploading: boolean }) {
  const label = isUploading ? 'Uploading…' : 'Send';
  return (
    <button
      type="submit"
      class={isUploading ? 'send uploading' : 'send'}
      aria-label={label}
      title={label}
      disabled={!canSend}
    >
      <Icon of={isUploading ? LoaderCircle : SendHorizontal} size={18} />
    </button>
  );
}

/** On a touch keyboard Enter is a new line: there is no Shift to hold. */
function isSendKey(event: KeyboardEvent): boolean {
  return event.key === 'Enter' && !event.shiftKey && !event.isComposing && !hasTouch();
}

function hasTouch(): boolean {
  return matchMedia('(pointer: coarse)').matches;
}

/**
 * As high as its text; how high that may be is in the style sheet. The box keeps its height meanwhile: what is above
 * would move.
 */
function grow(field: HTMLTextAreaElement): void {
  const box = field.parentElement;
  if (!box) return;
  box.style.minHeight = `${box.offsetHeight}px`;
  field.style.height = 'auto';
  field.style.height = `${field.scrollHeight}px`;
  box.style.minHeight = '';
}
