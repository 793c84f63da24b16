import { Download } from 'lucide';
import { useRef } from 'preact/hooks';
import { downloadUrl, openUrl, thumbnailUrl } from '../../files/api.ts';
import { fitted, isPicture, isShownByBrowser } from '../../files/pictures.ts';
import type { PortalFile } from '../../files/types.ts';
import { sizeText } from '../../files/words.ts';
import { Icon } from '../../shared/icon.tsx';
import { FileTile } from './FileTile.tsx';
import { fileKindOf } from './icons.ts';
import { Preview, usePreview } from './Preview.tsx';

/** A lone picture is shown this large at most; several are squares. */
const mostPx = { width: 280, height: 210 };

/** The files of a message, an issue or an approval: pictures as such, the others by name. */
export function FileList({ files }: { files: readonly PortalFile[] }) {
  const preview = usePreview();
  if (files.length === 0) return null;
  const pictures = files.filter(isPicture);
  const others = files.filter((file) => !isPicture(file));
  return (
    <div class="files">
      {pictures.length > 0 && (
        <ul class={pictures.length === 1 ? 'pictures lone' : 'pictures'} aria-label="Pictures">
          {pictures.map((file) => (
            <li key={file.id}>
              <Picture file={file} isLone={pictures.length === 1} open={() => preview.open(file.id)} />
            </li>
          ))}
        </ul>
      )}
      {others.length > 0 && (
        <ul class="file-chips" aria-label="Files">
          {others.map((file) => (
            <li key={file.id}>
              <FileChip file={file} />
            </li>
          ))}
        </ul>
      )}
      <Preview of={preview} pictures={pictures} />
    </div>
  );
}

interface PictureProps {
  file: PortalFile;
  isLone: boolean;
  open: () => void;
}

/** Its size is known before it is loaded, so that nothing moves when it comes. */
function Picture({ file, isLone, open }: PictureProps) {
  const button = useRef<HTMLButtonElement>(null);
  const size = isLone ? fitted(file, mostPx) : { width: 120, height: 120 };
  return (
    <button
      ref={button}
      type="button"
      class="picture"
      onClick={open}
      aria-label={`Open ${file.name}`}
      title={file.name}
    >
      <img src={thumbnailUrl(file.id)} alt={file.name} {...size} loading="lazy" decoding="async" />
    </button>
  );
}

/** One file by its name: opens where a browser may show it, is downloaded otherwise. */
function FileChip({ file }: { file: PortalFile }) {
  const opens = isShownByBrowser(file);
  const where = opens ? { target: '_blank', rel: 'noopener' } : { download: file.name };
  return (
    <a class="file-chip" href={opens ? openUrl(file.id) : downloadUrl(file.id)} {...where} title={file.name}>
      <FileTile file={file} />
      <span class="file-chip-main">
        <span class="file-chip-name" dir="auto">
          {file.name}
        </span>
        <span class="file-chip-note">
          {fileKindOf(file.media_type).label} · {sizeText(file.size)}
          {opens && <span class="visually-hidden">, opens in a new tab</span>}
        </span>
      </span>
      {!opens && <Icon of={Download} size={16} />}
    </a>
  );
}
