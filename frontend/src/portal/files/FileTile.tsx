import { thumbnailUrl } from '../../files/api.ts';
import type { PortalFile } from '../../files/types.ts';
import { Icon } from '../../shared/icon.tsx';
import { fileKindOf } from './icons.ts';

/** Stands for a file, next to its name: a small picture of it, or the sign of its type. */
export function FileTile({ file }: { file: Pick<PortalFile, 'id' | 'media_type' | 'has_thumbnail'> | null }) {
  if (file?.has_thumbnail) {
    return (
      <span class="file-tile">
        <img src={thumbnailUrl(file.id)} alt="" width={40} height={40} loading="lazy" decoding="async" />
      </span>
    );
  }
  const { icon, tint } = fileKindOf(file?.media_type ?? '');
  return (
    <span class={`file-tile tint-${tint}`}>
      <Icon of={icon} size={20} />
    </span>
  );
}
