import { Bell as BellIcon } from 'lucide';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type { NotificationItem } from '../inbox/types.ts';
import { Icon } from '../shared/icon.tsx';
import type { Inbox } from './inbox.ts';
import { Panel } from './Panel.tsx';
import { Failure } from './states.tsx';

interface Props {
  host: HTMLElement;
  inbox: Inbox;
  api: string;
  hrefBase: string;
}

export function Bell({ host, inbox, api, hrefBase }: Props) {
  const { store } = inbox;
  const button = useRef<HTMLButtonElement>(null);
  const open = store.open.value;
  const unread = store.unread.value ?? 0;

  const close = (giveFocusBack: boolean) => {
    store.setOpen(false);
    if (giveFocusBack) button.current?.focus();
  };
  useDismissal(host, open, close);

  const follow = (event: MouseEvent, item: NotificationItem) => {
    void store.markRead(item.id);
    if (opensElsewhere(event)) return;
    close(false);
    const opening = new CustomEvent('notification-open', {
      detail: item,
      bubbles: true,
      composed: true,
      cancelable: true,
    });
    // Otherwise the link does its work, so that a page's own routing of links gets hold of it too.
    if (!host.dispatchEvent(opening)) event.preventDefault();
  };

  return (
    <>
      <button
        ref={button}
        type="button"
        class="bell"
        aria-haspopup="dialog"
        aria-expanded={open}
        aria-label={unread > 0 ? `Notifications, ${unread} unread` : 'Notifications'}
        onClick={() => (open ? close(true) : store.setOpen(true))}
      >
        <Icon of={BellIcon} size={20} />
        {unread > 0 && (
          <span class="badge" aria-hidden="true">
            {unread > 99 ? '99+' : unread}
          </span>
        )}
      </button>
      {open && (
        <Panel inbox={inbox} api={api} hrefBase={hrefBase} anchor={button} close={close} follow={follow} />
      )}
      {store.notice.value && !open && <Toast inbox={inbox} />}
      <Announcer inbox={inbox} />
    </>
  );
}

function useDismissal(host: HTMLElement, open: boolean, close: (giveFocusBack: boolean) => void): void {
  // Before the first paint: who sees the panel can close it.
  useLayoutEffect(() => {
    if (!open) return;
    const stop = new AbortController();
    const pressed = (event: PointerEvent) => {
      if (event.composedPath().includes(host)) return;
      close(false);
      // What was pressed may want the focus; only if nothing took it, it comes back to the bell.
      setTimeout(() => {
        if (document.activeElement === document.body || document.activeElement === host) close(true);
      });
    };
    const typed = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      close(true);
    };
    document.addEventListener('pointerdown', pressed, { signal: stop.signal, capture: true });
    document.addEventListener('keydown', typed, { signal: stop.signal, capture: true });
    return () => stop.abort();
  }, [open]);
}

function opensElsewhere(event: MouseEvent): boolean {
  return event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
}

function Toast({ inbox: { store } }: { inbox: Inbox }) {
  const toast = useRef<HTMLDivElement>(null);
  useEffect(() => toast.current?.showPopover(), []);
  return (
    <div ref={toast} class="toast" popover="manual">
      <Failure store={store} />
    </div>
  );
}

/** Says politely what a person who cannot see the badge would miss. */
function Announcer({ inbox: { store } }: { inbox: Inbox }) {
  const item = store.arrived.value;
  const said = item ? `New notification: ${item.title}. ${store.unread.value ?? 0} unread.` : '';
  return (
    <div class="hidden" role="status" aria-live="polite">
      {store.notice.value?.text ?? said}
    </div>
  );
}
