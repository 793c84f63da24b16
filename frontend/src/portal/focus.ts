import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { followed } from './bell.ts';

/** Brings what a deep link names into view, gives it the focus and points at it, once per link followed. */
export function useTarget<Target extends HTMLElement>(
  isTarget: boolean,
  id: string,
): RefObject<Target | null> {
  const target = useRef<Target>(null);
  const visit = followed.value;
  useEffect(() => {
    const element = target.current;
    if (!isTarget || !element) return;
    element.scrollIntoView({ block: 'center' });
    element.focus({ preventScroll: true });
    element.classList.remove('pointed-at');
    // Reading a measure between the two lets the animation start again.
    void element.offsetWidth;
    element.classList.add('pointed-at');
  }, [isTarget, id, visit]);
  return target;
}
