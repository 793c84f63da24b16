import { useEffect } from 'preact/hooks';

/** Less than this is a bar of the browser, not a keyboard. */
const leastPx = 120;

/** Tells the style sheet how much of the window a touch keyboard covers: no unit of length says so everywhere. */
export function useKeyboardHeight(): void {
  useEffect(() => {
    const { visualViewport: visible } = window;
    if (!visible) return;
    const { style } = document.documentElement;
    const measure = () => {
      const covered = visible.scale > 1 ? 0 : innerHeight - visible.height;
      style.setProperty('--keyboard', `${covered > leastPx ? Math.round(covered) : 0}px`);
    };
    visible.addEventListener('resize', measure);
    return () => {
      visible.removeEventListener('resize', measure);
      style.removeProperty('--keyboard');
    };
  }, []);
}
