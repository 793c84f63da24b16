import { ChevronLeft, ChevronRight, Download, X } from 'lucide';
import { useEffect, useRef, useState } from 'preact/hooks';
import { downloadUrl, openUrl } from '../../files/api.ts';
import type { PortalFile } from '../../files/types.ts';
import { sizeText } from '../../files/words.ts';
import { Icon } from '../../shared/icon.tsx';
import { TimeAgo } from '../../shared/time.tsx';

interface PreviewState {
  /** Id of the picture that is shown; null when none is. */
  shown: string | null;
  open: (id: string) => void;
  close: () => void;
}

export function usePreview(): PreviewState {
  const [shown, setShown] = useState<string | null>(null);
  return { shown, open: setShown, close: () => setShown(null) };
}

interface Props {
  of: PreviewState;
  pictures: readonly PortalFile[];
  /** The person looks at this one. */
  seen?: (file: PortalFile) => void;
}

/** A picture over the page, with the way to the ones beside it. */
export function Preview({ of: preview, pictures, seen }: Props) {
  const at = pictures.findIndex(({ id }) => id === preview.shown);
  const file = pictures[at];
  if (!file) return null;
  return <Shown preview={preview} pictures={pictures} at={at} file={file} seen={seen} />;
}

interface ShownProps {
  preview: PreviewState;
  pictures: readonly PortalFile[];
  at: number;
  file: PortalFile;
  seen: Props['seen'];
}

function Shown({ preview, pictures, at, file, seen }: ShownProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [failed, setFailed] = useState('');
  useEffect(() => {
    // The focus goes back by itself when it closes.
    dialog.current?.showModal();
    const shown = dialog.current;
    return () => shown?.close();
  }, []);
  useEffect(() => seen?.(file), [file.id]);
  const step = (by: number) => {
    const next = pictures[at + by];
    if (next) preview.open(next.id);
  };
  const keys: Record<string, () => void> = { ArrowLeft: () => step(-1), ArrowRight: () => step(1) };
  return (
    <dialog
      ref={dialog}
      class="preview"
      aria-label={file.name}
      onClose={preview.close}
      onKeyDown={({ key }) => keys[key]?.()}
      onClick={({ target }) => {
        // Beside the picture.
        if ((target as Element).matches('dialog, .preview-stage')) dialog.current?.close();
      }}
    >
      <header class="preview-head">
        <div class="preview-what">
          <h2 dir="auto" title={file.name}>
            {file.name}
          </h2>
          <p>
            {sizeText(file.size)} · <bdi>{file.uploader.display_name}</bdi> ·{' '}
            <TimeAgo iso={file.shared_at ?? file.created_at} />
            {pictures.length > 1 && (
              <span role="status">
                {' '}
                · {at + 1} of {pictures.length}
              </span>
            )}
          </p>
        </div>
        <a
          class="icon-button"
          href={downloadUrl(file.id)}
          download={file.name}
          aria-label="Download"
          title="Download"
        >
          <Icon of={Download} />
        </a>
        <button
          type="button"
          class="icon-button"
          aria-label="Close"
          title="Close"
          onClick={() => dialog.current?.close()}
        >
          <Icon of={X} />
        </button>
      </header>
      <div class="preview-stage">
        {failed === file.id ? (
          <p class="preview-failed">This picture cannot be shown here. You can download it.</p>
        ) : (
          <img
            key={file.id}
            src={openUrl(file.id)}
            alt={file.name}
            width={file.width ?? undefined}
            height={file.height ?? undefined}
            onError={() => setFailed(file.id)}
          />
        )}
        {pictures.length > 1 && (
          <>
            <button
              type="button"
              class="icon-button preview-step before"
              aria-label="Previous picture"
              aria-disabled={at === 0}
              onClick={() => step(-1)}
            >
              <Icon of={ChevronLeft} size={24} />
            </button>
            <button
              type="button"
              class="icon-button preview-step after"
              aria-label="Next picture"
              aria-disabled={at === pictures.length - 1}
              onClick={() => step(1)}
            >
              <Icon of={ChevronRight} size={24} />
            </button>
          </>
        )}
      </div>
    </dialog>
  );
}
