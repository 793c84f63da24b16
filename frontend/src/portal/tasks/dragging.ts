import { placeAt } from '../../tasks/order.ts';

const edgePx = 72;
const scrollPx = 14;

/**
 * Drags one of the items of a list by its grip until the pointer is let go; Escape puts it back.
 *
 * `drop` is told its new place, counted from 0 without it, if it has one.
 */
export function drag(down: PointerEvent, item: HTMLElement, drop: (place: number) => void): void {
  const list = item.parentElement;
  const grip = down.currentTarget;
  if (down.button !== 0 || !list || !(grip instanceof HTMLElement)) return;
  const items = [...list.children].filter((child) => child instanceof HTMLElement);
  const from = items.indexOf(item);
  const others = items.filter((other) => other !== item);
  const middleOf = (element: HTMLElement) => {
    const { top, height } = element.getBoundingClientRect();
    return top + scrollY + height / 2;
  };
  const middles = others.map(middleOf);
  const middle = middleOf(item);
  const start = down.clientY + scrollY;
  const height = item.offsetHeight;
  let place = from;
  const stop = new AbortController();
  const { signal } = stop;

  const follow = ({ clientY }: PointerEvent) => {
    if (clientY < edgePx) scrollBy(0, -scrollPx);
    if (clientY > innerHeight - edgePx) scrollBy(0, scrollPx);
    const by = clientY + scrollY - start;
    place = placeAt(middles, middle + by);
    item.style.transform = `translateY(${by}px)`;
    others.forEach((other, index) => {
      const shift = index < from ? (index >= place ? height : 0) : index < place ? -height : 0;
      other.style.transform = shift ? `translateY(${shift}px)` : '';
    });
  };

  const end = (isDropped: boolean) => {
    stop.abort();
    list.classList.remove('dragging');
    item.classList.remove('dragged');
    for (const each of items) each.style.transform = '';
    if (isDropped && place !== from) drop(place);
  };

  list.classList.add('dragging');
  item.classList.add('dragged');
  grip.setPointerCapture(down.pointerId);
  grip.addEventListener('pointermove', follow, { signal });
  grip.addEventListener('pointerup', () => end(true), { signal });
  grip.addEventListener('pointercancel', () => end(false), { signal });
  document.addEventListener('keydown', ({ key }) => key === 'Escape' && end(false), { signal });
}
