import { useEffect, useRef, useState } from 'preact/hooks';
import type { NotificationItem } from '../inbox/types.ts';
import { Icon } from '../shared/icon.tsx';
import { kindOf } from '../shared/kinds.ts';
import { TimeAgo } from '../shared/time.tsx';
import type { Inbox } from './inbox.ts';
import { Empty, Failed, SignedOut, Skeleton } from './states.tsx';

interface Props {
  inbox: Inbox;
  api: string;
  hrefBase: string;
  follow: (event: MouseEvent, item: NotificationItem) => void;
}

export function List({ inbox: { store, feed }, api, hrefBase, follow }: Props) {
  const tab = store.tab.value;
  const view = store.views[tab].value;
  const items = store.items.value;
  const [focused, setFocused] = useState<string | null>(null);

  if (feed.mode.value === 'signed_out') return <SignedOut api={api} />;
  if (view.ids.length === 0) {
    if (view.status === 'failed') {
      return <Failed offline={feed.mode.value === 'offline'} retry={() => void store.load()} />;
    }
    if (view.status !== 'ready') return <Skeleton rows={6} />;
    if (view.next === null) return <Empty tab={tab} />;
  }
  const stop = focused && view.ids.includes(focused) ? focused : view.ids[0];
  return (
    <>
      <ul class="list">
        {view.ids.map((id) => {
          const item = items.get(id);
          return (
            item && (
              <li key={id}>
                <Item
                  item={item}
                  read={store.isRead(item)}
                  href={hrefBase + item.route_path}
                  inTabOrder={id === stop}
                  follow={follow}
                  onFocus={() => setFocused(id)}
                />
              </li>
            )
          );
        })}
      </ul>
      {view.next !== null && (
        <More key={view.next} failed={view.more === 'failed'} load={() => void store.loadMore()} />
      )}
      {view.next === null && view.ids.length > 8 && <p class="end">That is everything.</p>}
    </>
  );
}

interface ItemProps {
  item: NotificationItem;
  read: boolean;
  href: string;
  inTabOrder: boolean;
  follow: (event: MouseEvent, item: NotificationItem) => void;
  onFocus: () => void;
}

function Item({ item, read, href, inTabOrder, follow, onFocus }: ItemProps) {
  const kind = kindOf(item.type);
  const open = (event: MouseEvent) => follow(event, item);
  return (
    <a
      class={read ? 'item' : 'item unread'}
      href={href}
      data-id={item.id}
      tabIndex={inTabOrder ? 0 : -1}
      onClick={open}
      onAuxClick={(event) => event.button === 1 && open(event)}
      onFocus={onFocus}
    >
      <span class={`avatar ${kind.tint}`}>
        <Icon of={kind.icon} size={18} />
      </span>
      <span class="title">
        {!read && <span class="hidden">Unread: </span>}
        <bdi>{item.title}</bdi>
      </span>
      <span class="dot" />
      {item.body && (
        <span class="snippet" dir="auto">
          {item.body}
        </span>
      )}
      <span class="meta">
        {kind.label} · <TimeAgo iso={item.created_at} />
      </span>
    </a>
  );
}

/** Loads the next page when it comes near the view. */
function More({ failed, load }: { failed: boolean; load: () => void }) {
  const sentinel = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = sentinel.current;
    if (!element || failed) return;
    const root = element.closest('.scroll');
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && load(), {
      root,
      rootMargin: '240px',
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [failed]);
  if (failed) {
    return (
      <div class="more" role="alert">
        Older ones could not be loaded.
        <button type="button" class="quiet" onClick={load}>
          Try again
        </button>
      </div>
    );
  }
  return (
    <div ref={sentinel}>
      <Skeleton rows={2} />
    </div>
  );
}
