import { RotateCw, X } from 'lucide';
import { isOnItsWay, refused, type Upload, type Uploads } from '../../files/uploads.ts';
import { countText, sizeText } from '../../files/words.ts';
import { Icon } from '../../shared/icon.tsx';
import { FileTile } from './FileTile.tsx';

interface Props {
  uploads: Uploads;
  /** Where the focus goes when the button that had it is gone with its file. */
  refocus: () => void;
}

/** Files on their way, each with its progress and what can be done about it. */
export function UploadList({ uploads, refocus }: Props) {
  const entries = uploads.entries.value;
  return (
    <>
      {entries.length > 0 && (
        <ul class="uploads" aria-label="Files being added">
          {entries.map((upload) => (
            <UploadEntry key={upload.id} upload={upload} uploads={uploads} refocus={refocus} />
          ))}
        </ul>
      )}
      {refused(uploads.failed.value).length > 1 && (
        <button
          type="button"
          class="text-button dismiss-all"
          onClick={() => {
            uploads.dismiss();
            refocus();
          }}
        >
          <Icon of={X} size={14} />
          Dismiss all
          <span class="visually-hidden"> files that were refused</span>
        </button>
      )}
      {uploads.refusal.value && <p class="upload-refusal">{uploads.refusal.value}</p>}
      <p class="visually-hidden" role="status">
        {summaryOf(entries)} {uploads.refusal.value}
      </p>
    </>
  );
}

function UploadEntry({ upload, uploads, refocus }: Props & { upload: Upload }) {
  const { id, name, size, sent, state, file } = upload;
  const act = (action: () => void) => () => {
    action();
    refocus();
  };
  return (
    <li class={`upload is-${state}`}>
      <FileTile file={file} />
      <div class="upload-main">
        <span class="upload-name" dir="auto" title={name}>
          {name}
        </span>
        {isOnItsWay(upload) && (
          <progress aria-label={`Upload of ${name}`} max={size} value={state === 'sending' ? sent : 0} />
        )}
        <span class="upload-note">{noteOf(upload)}</span>
      </div>
      {upload.canRetry && (
        <button type="button" class="text-button" onClick={act(() => uploads.retry(id))}>
          <Icon of={RotateCw} size={14} />
          Retry
          <span class="visually-hidden"> the upload of {name}</span>
        </button>
      )}
      <button
        type="button"
        class="icon-button"
        aria-label={`${isOnItsWay(upload) ? 'Cancel' : 'Remove'} ${name}`}
        onClick={act(() => uploads.remove(id))}
      >
        <Icon of={X} size={16} />
      </button>
    </li>
  );
}

function noteOf({ state, sent, size, reason }: Upload): string {
  if (state === 'failed') return reason ?? 'Not uploaded';
  if (state === 'done') return sizeText(size);
  if (state === 'waiting') return `Waiting · ${sizeText(size)}`;
  if (sent >= size) return 'Almost there…';
  return `${Math.floor((sent / size) * 100)} % of ${sizeText(size)}`;
}

/** Spoken, so it changes with what happens, not with every byte. */
function summaryOf(entries: readonly Upload[]): string {
  const onTheirWay = entries.filter(isOnItsWay).length;
  const failed = entries.filter(({ state }) => state === 'failed');
  const words = [
    onTheirWay > 0 && `Uploading ${countText(onTheirWay)}.`,
    ...failed.map(({ name, reason }) => `${name} was not uploaded: ${reason}`),
  ];
  return words.filter(Boolean).join(' ');
}
