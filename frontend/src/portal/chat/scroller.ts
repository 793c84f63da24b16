import { type Signal, signal } from '@preact/signals';
import type { RoomStore } from '../../chat/room.ts';

/** This near to the end counts as being there. */
const endPx = 48;
/** Pages are read when the view comes this near to the end of what is loaded. */
const aheadPx = 800;

/** The message that a deep link points at, if any; another visit of the same link points anew. */
export interface Target {
  id: string;
  visit: string;
}

/**
 * Where a conversation is scrolled to.
 *
 * At its end it stays at the end, whatever comes. Elsewhere what the person reads stays where it is, whether messages
 * come above or below, and is found again when they come back to the room.
 */
export class Scroller {
  readonly isAtEnd: Signal<boolean> = signal(true);
  /** Whether the end is out of sight. */
  readonly isFar: Signal<boolean> = signal(false);

  readonly #store: RoomStore;
  readonly #target: () => Target;
  #view: HTMLElement | null = null;
  #isPlaced = false;
  /** The target that was last brought into view. */
  #shown = '';
  #hasShownNew = false;

  constructor(store: RoomStore, target: () => Target) {
    this.#store = store;
    this.#target = target;
  }

  /** Watches this element; the answer ends that. */
  attach(view: HTMLElement): () => void {
    this.#view = view;
    this.#isPlaced = false;
    this.#shown = '';
    this.#hasShownNew = false;
    const stop = new AbortController();
    const { signal } = stop;
    const resized = new ResizeObserver(() => this.settle());
    view.addEventListener('scroll', () => this.#scrolled(), { signal, passive: true });
    addEventListener('focus', () => this.#see(), { signal });
    document.addEventListener('visibilitychange', () => this.#see(), { signal });
    resized.observe(view);
    for (const child of view.children) resized.observe(child);
    return () => {
      stop.abort();
      resized.disconnect();
      this.#view = null;
    };
  }

  toEnd(): void {
    this.#store.place = { anchor: null };
    this.isAtEnd.value = true;
    this.settle();
  }

  /** To be called after every change of what is shown. */
  settle(): void {
    const view = this.#view;
    if (!view || this.#store.log.state.value !== 'ready') return;
    this.#place(view);
    this.#note(view);
    this.#fill(view);
    this.#see();
  }

  #place(view: HTMLElement): void {
    this.#isPlaced = true;
    if (this.#awaitsTarget) {
      const target = document.getElementById(`message-${this.#target().id}`);
      if (target) {
        this.#shown = this.#target().visit;
        view.scrollTop += topOf(target, view) - (view.clientHeight - target.offsetHeight) / 2;
        return;
      }
    }
    const { place } = this.#store;
    if (place?.anchor) {
      const anchor = document.getElementById(`message-${place.anchor.id}`);
      if (anchor) view.scrollTop += topOf(anchor, view) - place.anchor.offset;
      return;
    }
    const line = this.#hasShownNew ? null : view.querySelector<HTMLElement>('.new-line');
    if (line) {
      this.#hasShownNew = true;
      view.scrollTop = topOf(line, view) + view.scrollTop - view.clientHeight / 4;
    } else {
      view.scrollTop = view.scrollHeight;
    }
  }

  /** Whether a message is pointed at that has not been brought into view yet. */
  get #awaitsTarget(): boolean {
    const { id, visit } = this.#target();
    return id !== '' && visit !== this.#shown;
  }

  #scrolled(): void {
    const view = this.#view;
    if (!view || !this.#isPlaced) return;
    this.#note(view);
    this.#fill(view);
    this.#see();
  }

  /** Remembers where the view is, for when what is around it changes. */
  #note(view: HTMLElement): void {
    const below = view.scrollHeight - view.scrollTop - view.clientHeight;
    const { follows } = this.#store.log;
    this.isAtEnd.value = follows.value && below <= endPx;
    this.isFar.value = !follows.value || below > view.clientHeight;
    const top = this.isAtEnd.value ? null : firstInView(view);
    this.#store.place = { anchor: top && { id: top.id.replace('message-', ''), offset: topOf(top, view) } };
  }

  #fill(view: HTMLElement): void {
    const { log } = this.#store;
    const below = view.scrollHeight - view.scrollTop - view.clientHeight;
    if (view.scrollTop < aheadPx && log.older.value === 'idle') void log.loadOlder();
    if (below < aheadPx && log.newer.value === 'idle') void log.loadNewer();
  }

  #see(): void {
    const isLooking = document.visibilityState === 'visible' && document.hasFocus();
    if (this.#view && isLooking && this.isAtEnd.value && !this.#awaitsTarget) this.#store.seen();
  }
}

function topOf(element: HTMLElement, view: HTMLElement): number {
  return element.getBoundingClientRect().top - view.getBoundingClientRect().top;
}

function firstInView(view: HTMLElement): HTMLElement | null {
  const messages = view.querySelectorAll<HTMLElement>('.message');
  const top = view.getBoundingClientRect().top;
  let [low, high] = [0, messages.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((messages[middle]?.getBoundingClientRect().bottom ?? 0) > top) high = middle;
    else low = middle + 1;
  }
  return messages[low] ?? null;
}
