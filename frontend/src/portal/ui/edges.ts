import type { RefObject } from 'preact';
import { useEffect } from 'preact/hooks';

/** Marks a row that scrolls with the sides on which there is more of it: the style sheet fades these. */
export function useEdges(row: RefObject<HTMLElement | null>, exists: unknown = true): void {
  useEffect(() => {
    const element = row.current;
    if (!element) return;
    const mark = () => {
      const { scrollLeft, scrollWidth, clientWidth } = element;
      element.classList.toggle('more-before', scrollLeft > 1);
      element.classList.toggle('more-after', scrollLeft + clientWidth < scrollWidth - 1);
    };
    const observer = new ResizeObserver(mark);
    observer.observe(element);
    for (const child of element.children) observer.observe(child);
    element.addEventListener('scroll', mark, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', mark);
    };
  }, [exists]);
}
