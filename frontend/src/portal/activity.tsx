import type { NotificationItem } from '../inbox/types.ts';
import { Icon } from '../shared/icon.tsx';
import { kindOf } from '../shared/kinds.ts';
import { TimeAgo } from '../shared/time.tsx';

export function KindTile({ type, large = false }: { type: string; large?: boolean }) {
  const kind = kindOf(type);
  return (
    <span class={`tile tint-${kind.tint}${large ? ' large' : ''}`}>
      <Icon of={kind.icon} size={large ? 24 : 18} />
    </span>
  );
}

/** One thing that happened, as a link to where it happened. */
export function ActivityRow({ item }: { item: NotificationItem }) {
  return (
    <li>
      <a class={item.is_read ? 'row' : 'row unread'} href={item.route_path}>
        <KindTile type={item.type} />
        <span class="row-main">
          <span class="row-title">
            {!item.is_read && <span class="visually-hidden">Unread: </span>}
            {item.title}
          </span>
          {item.body && <span class="row-snippet">{item.body}</span>}
          <span class="row-meta">
            {kindOf(item.type).label} · <TimeAgo iso={item.created_at} />
          </span>
        </span>
        <span class="dot" />
      </a>
    </li>
  );
}
