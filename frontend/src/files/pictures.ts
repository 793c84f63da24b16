import type { PortalFile } from './types.ts';

interface Size {
  width: number;
  height: number;
}

const leastPx = 64;

/** Whether it can be looked at here. */
export function isPicture({ media_type: type, has_thumbnail: hasThumbnail }: PortalFile): boolean {
  return type.startsWith('image/') && hasThumbnail;
}

/** Whether the server hands it to a browser to show, in a tab of its own. */
export function isShownByBrowser({ media_type: type }: PortalFile): boolean {
  return type === 'application/pdf';
}

/** How large it is shown, within these bounds; a very long one is cut. */
export function fitted({ width, height }: Pick<PortalFile, 'width' | 'height'>, most: Size): Size {
  if (!width || !height) return most;
  const scale = Math.min(1, most.width / width, most.height / height);
  return {
    width: Math.max(leastPx, Math.round(width * scale)),
    height: Math.max(leastPx, Math.round(height * scale)),
  };
}
