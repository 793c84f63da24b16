import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

/** What was dragged or copied here, without folders: a browser hands those over as files without bytes. */
function filesIn(data: DataTransfer | null): File[] {
  if (!data) return [];
  const items = [...data.items].filter(({ kind }) => kind === 'file');
  return items.flatMap((item) => {
    const file = item.webkitGetAsEntry()?.isDirectory ? null : item.getAsFile();
    return file ? [file] : [];
  });
}

/** A screenshot from the clipboard is always called the same: it gets the time instead. */
export function pastedFiles(event: ClipboardEvent): File[] {
  const data = event.clipboardData;
  // Text that was copied from an office program brings a picture of itself along.
  if (!data || data.types.includes('text/plain')) return [];
  const files = filesIn(data).map(named);
  if (files.length > 0) event.preventDefault();
  return files;
}

function named(file: File, index: number): File {
  if (!/^image\.\w+$/.test(file.name)) return file;
  const now = new Date();
  const time = [now.getHours(), now.getMinutes(), now.getSeconds()].map((part) => `${part}`.padStart(2, '0'));
  const day = [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((part) =>
    `${part}`.padStart(2, '0'),
  );
  const ending = file.name.slice('image'.length);
  const count = index > 0 ? ` ${index + 1}` : '';
  return new File([file], `Pasted ${day.join('-')} ${time.join('.')}${count}${ending}`, { type: file.type });
}

/**
 * Takes files dropped on an element, or anywhere on the page without one; tells whether some are held over it.
 *
 * What misses the element goes nowhere: the browser would leave the page to show it.
 */
export function useDrop(
  take: ((files: File[]) => void) | null,
  zone?: RefObject<HTMLElement | null>,
): boolean {
  const [isOver, setOver] = useState(false);
  const taker = useRef(take);
  taker.current = take;
  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    const isInside = (event: DragEvent) =>
      taker.current !== null && (!zone || zone.current?.contains(event.target as Node) === true);
    const held = (event: DragEvent) => {
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = isInside(event) ? 'copy' : 'none';
      setOver(isInside(event));
    };
    const left = (event: DragEvent) => {
      // Out of the window: there is nothing it went to.
      if (event.relatedTarget === null) setOver(false);
    };
    const dropped = (event: DragEvent) => {
      setOver(false);
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      const files = isInside(event) ? filesIn(event.dataTransfer) : [];
      if (files.length > 0) taker.current?.(files);
    };
    document.addEventListener('dragenter', held, { signal });
    document.addEventListener('dragover', held, { signal });
    document.addEventListener('dragleave', left, { signal });
    document.addEventListener('dragend', () => setOver(false), { signal });
    document.addEventListener('drop', dropped, { signal });
    return () => stop.abort();
  }, []);
  return isOver;
}

/** Takes files pasted anywhere on the page. */
export function usePaste(take: ((files: File[]) => void) | null): void {
  const taker = useRef(take);
  taker.current = take;
  useEffect(() => {
    const pasted = (event: ClipboardEvent) => {
      if (event.defaultPrevented || taker.current === null) return;
      const files = pastedFiles(event);
      if (files.length > 0) taker.current(files);
    };
    document.addEventListener('paste', pasted);
    return () => document.removeEventListener('paste', pasted);
  }, []);
}
