import { ArrowUp, CheckCheck } from 'lucide';
import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type { InboxStore } from '../inbox/store.ts';
import type { NotificationItem, Tab } from '../inbox/types.ts';
import { Icon } from '../shared/icon.tsx';
import type { Inbox } from './inbox.ts';
import { List } from './List.tsx';
import { Failure, ModeStrip } from './states.tsx';

interface Props {
  inbox: Inbox;
  api: string;
  hrefBase: string;
  anchor: RefObject<HTMLButtonElement | null>;
  close: (giveFocusBack: boolean) => void;
  follow: (event: MouseEvent, item: NotificationItem) => void;
}

const edge = 8;

export function Panel({ inbox, api, hrefBase, anchor, close, follow }: Props) {
  const { store, feed } = inbox;
  const panel = useRef<HTMLDivElement>(null);
  const mode = feed.mode.value;

  useLayoutEffect(() => {
    const element = panel.current;
    if (!element || !anchor.current) return;
    element.showPopover();
    element.focus();
    return keepPlace(element, anchor.current);
  }, []);

  useEffect(() => {
    if (mode === 'live' || mode === 'polling') void store.load();
  }, [mode]);

  const markAll = () => {
    void store.markAllRead();
    panel.current?.focus();
  };

  const leave = (event: FocusEvent) => {
    const to = event.relatedTarget;
    if (to instanceof Node && to !== anchor.current && !panel.current?.contains(to)) close(false);
  };

  return (
    <div
      ref={panel}
      class="panel"
      popover="manual"
      role="dialog"
      aria-label="Notifications"
      tabIndex={-1}
      onFocusOut={leave}
      onKeyDown={(event) => moveFocus(event, panel.current)}
    >
      <div class="head">
        <h2>Notifications</h2>
        <button type="button" class="quiet" disabled={!store.unread.value} onClick={markAll}>
          <Icon of={CheckCheck} size={16} />
          Mark all as read
        </button>
      </div>
      <div class="bar">
        <Tabs store={store} />
        {store.held.value.length > 0 && <Fresh store={store} panel={panel} />}
      </div>
      <div id="list" class="scroll" role="tabpanel" aria-labelledby={`tab-${store.tab.value}`}>
        <List inbox={inbox} api={api} hrefBase={hrefBase} follow={follow} />
      </div>
      <Failure store={store} />
      <ModeStrip mode={mode} />
    </div>
  );
}

function Tabs({ store }: { store: InboxStore }) {
  const switchTab = (event: KeyboardEvent) => {
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
    event.preventDefault();
    const other: Tab = store.tab.value === 'all' ? 'unread' : 'all';
    store.setTab(other);
    const root = (event.currentTarget as HTMLElement).getRootNode() as ShadowRoot;
    root.getElementById(`tab-${other}`)?.focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label="Which notifications" onKeyDown={switchTab}>
      {(['all', 'unread'] as const).map((tab) => (
        <button
          key={tab}
          id={`tab-${tab}`}
          type="button"
          class="tab"
          role="tab"
          aria-selected={store.tab.value === tab}
          aria-controls="list"
          tabIndex={store.tab.value === tab ? 0 : -1}
          onClick={() => store.setTab(tab)}
        >
          <span data-text={tab === 'all' ? 'All' : 'Unread'}>{tab === 'all' ? 'All' : 'Unread'}</span>
        </button>
      ))}
    </div>
  );
}

/** Stands in room of its own: what came meanwhile moves nothing until it is asked for. */
function Fresh({ store, panel }: { store: InboxStore; panel: RefObject<HTMLDivElement | null> }) {
  const show = () => {
    store.reveal();
    panel.current?.querySelector('.scroll')?.scrollTo({ top: 0 });
    panel.current?.focus();
  };
  return (
    <button type="button" class="fresh" onClick={show}>
      <Icon of={ArrowUp} size={14} />
      {store.held.value.length} new
    </button>
  );
}

/** Keeps the panel below the bell and inside the window, whatever the page around does. */
function keepPlace(panel: HTMLElement, anchor: HTMLElement): () => void {
  const place = () => {
    const { bottom, right } = anchor.getBoundingClientRect();
    const { clientWidth } = document.documentElement;
    const widest = clientWidth - panel.offsetWidth - edge;
    panel.style.setProperty('--panel-top', `${Math.max(edge, bottom + edge)}px`);
    panel.style.setProperty('--panel-right', `${Math.max(edge, Math.min(clientWidth - right, widest))}px`);
  };
  place();
  const stop = new AbortController();
  addEventListener('resize', place, { signal: stop.signal });
  addEventListener('scroll', place, { signal: stop.signal, capture: true, passive: true });
  return () => stop.abort();
}

function moveFocus(event: KeyboardEvent, panel: HTMLElement | null): void {
  const items = [...(panel?.querySelectorAll<HTMLElement>('.item') ?? [])];
  const at = items.indexOf(event.target as HTMLElement);
  const moves: Record<string, number> = {
    ArrowDown: Math.min(at + 1, items.length - 1),
    ArrowUp: Math.max(at - 1, 0),
    Home: 0,
    End: items.length - 1,
  };
  const to = moves[event.key];
  if (to === undefined) return;
  event.preventDefault();
  items[to]?.focus();
}
