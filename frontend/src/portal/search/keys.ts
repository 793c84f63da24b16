import { useLayoutEffect, useRef } from 'preact/hooks';

/** Ctrl/⌘ + K, and "/" where nothing is being written, lead to the search. */
export function useSearchKeys(open: () => void): void {
  const latest = useRef(open);
  latest.current = open;
  // Before the first paint: who sees the page can use them.
  useLayoutEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.defaultPrevented || !isSearchKey(event) || document.querySelector('dialog[open]')) return;
      event.preventDefault();
      latest.current();
    };
    document.addEventListener('keydown', pressed);
    return () => document.removeEventListener('keydown', pressed);
  }, []);
}

function isSearchKey(event: KeyboardEvent): boolean {
  const { key, ctrlKey, metaKey, altKey } = event;
  if (key.toLowerCase() === 'k') return (ctrlKey || metaKey) && !altKey && !event.shiftKey;
  return key === '/' && !ctrlKey && !metaKey && !altKey && !isWriting(event.composedPath()[0]);
}

function isWriting(target: EventTarget | undefined): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName);
}

/** The arrows move the focus through these elements of a place, in their order. */
export function stepThrough(event: KeyboardEvent, place: HTMLElement | null, selector: string): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step === undefined || !place || event.ctrlKey || event.metaKey || event.altKey) return;
  const stops = [...place.querySelectorAll<HTMLElement>(selector)];
  const at = stops.indexOf(document.activeElement as HTMLElement);
  const next = at < 0 ? undefined : stops[at + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}
