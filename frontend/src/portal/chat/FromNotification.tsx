import { Info } from 'lucide';
import type { NotificationItem } from '../../inbox/types.ts';
import { Icon } from '../../shared/icon.tsx';
import { TimeAgo } from '../../shared/time.tsx';
import { KindTile } from '../activity.tsx';
import { useTarget } from '../focus.ts';

/** A message that is known from the person's own notification only. */
export function FromNotification({ item, all }: { item: NotificationItem; all: string }) {
  const target = useTarget<HTMLElement>(true, item.source_id);
  return (
    <section class="from-notification" aria-label="Message of a notification">
      <article
        ref={target}
        id={`message-${item.source_id}`}
        class="card message target"
        tabIndex={-1}
        aria-current="true"
        aria-label={item.title}
      >
        <KindTile type={item.type} />
        <div class="from-notification-text">
          <h2 dir="auto">{item.title}</h2>
          {item.body && (
            <p class="message-body" dir="auto">
              {item.body}
            </p>
          )}
          <p class="meta">
            <TimeAgo iso={item.created_at} />
          </p>
        </div>
      </article>
      <p class="footnote">
        <Icon of={Info} size={16} />
        Shown from your notification: the message itself is not in a conversation here.
      </p>
      <p>
        <a class="button" href={all}>
          All messages of the project
        </a>
      </p>
    </section>
  );
}
