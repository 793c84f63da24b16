import { Download } from 'lucide';
import { downloadUrl, openUrl } from '../../files/api.ts';
import { isPicture, isShownByBrowser } from '../../files/pictures.ts';
import type { PortalFile } from '../../files/types.ts';
import { sizeText } from '../../files/words.ts';
import { Icon } from '../../shared/icon.tsx';
import { TimeAgo } from '../../shared/time.tsx';
import { useTarget } from '../focus.ts';
import { FileTile } from './FileTile.tsx';

interface Props {
  file: PortalFile;
  /** Whose it is, where that is not plain. */
  client: string | null;
  isOwn: boolean;
  isTarget: boolean;
  /** Shows the picture. */
  open: () => void;
  /** The person has opened or downloaded it. */
  opened: () => void;
}

/** One file of the list. */
export function FileRow({ file, client, isOwn, isTarget, open, opened }: Props) {
  const target = useTarget<HTMLLIElement>(isTarget, file.id);
  return (
    <li
      ref={target}
      id={`file-${file.id}`}
      class={isTarget ? 'file-row target' : 'file-row'}
      tabIndex={isTarget ? -1 : undefined}
      aria-current={isTarget ? 'true' : undefined}
    >
      <FileTile file={file} />
      <div class="file-main">
        <Name file={file} open={open} opened={opened} />
        <p class="row-meta">
          {sizeText(file.size)} · {isOwn ? 'You' : <bdi>{file.uploader.display_name}</bdi>}
          {client !== null && client !== file.uploader.display_name && (
            <>
              {' '}
              · for <bdi>{client}</bdi>
            </>
          )}{' '}
          · <TimeAgo iso={file.shared_at ?? file.created_at} />
        </p>
      </div>
      <a
        class="icon-button"
        href={downloadUrl(file.id)}
        download={file.name}
        aria-label={`Download ${file.name}`}
        title="Download"
        onClick={opened}
      >
        <Icon of={Download} size={18} />
      </a>
    </li>
  );
}

function Name({ file, open, opened }: Pick<Props, 'file' | 'open' | 'opened'>) {
  const shared = { class: 'file-name', dir: 'auto', title: file.name } as const;
  if (isPicture(file)) {
    return (
      <button type="button" {...shared} onClick={open}>
        {file.name}
      </button>
    );
  }
  if (isShownByBrowser(file)) {
    return (
      <a {...shared} href={openUrl(file.id)} target="_blank" rel="noopener" onClick={opened}>
        {file.name}
        <span class="visually-hidden"> (opens in a new tab)</span>
      </a>
    );
  }
  return (
    <a {...shared} href={downloadUrl(file.id)} download={file.name} onClick={opened}>
      {file.name}
    </a>
  );
}
