import { MessageSquare } from 'lucide';
import { useEffect, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import type { NotificationItem } from '../../inbox/types.ts';
import { dayOf } from '../../shared/ago.ts';
import { TimeAgo } from '../../shared/time.tsx';
import { KindTile } from '../activity.tsx';
import * as api from '../api.ts';
import { inboxVersion } from '../bell.ts';
import { useTarget } from '../focus.ts';
import { notThere, ProjectFrame } from '../ProjectFrame.tsx';
import { useResource } from '../resource.ts';
import { Bones, FailedState, State } from '../states.tsx';
import { GonePage } from './NotFound.tsx';

const pageSize = 50;
/** As far back as a deep link is followed before its surroundings are left out. */
const longestSearch = 10;

interface Thread {
  /** Newest first, as they came. */
  items: NotificationItem[];
  next: string | null;
  /** Whether the message asked for exists; without one asked for, true. */
  found: boolean;
}

export function MessagesPage({ project }: { project: string }) {
  const { query } = useLocation();
  const focus = query.focus ?? '';
  const thread = useResource(
    `messages ${project} ${focus}`,
    () => threadWith(project, focus),
    inboxVersion.value,
  );
  const all = `/projects/${encodeURIComponent(project)}/messages`;
  const gone =
    (thread.state === 'ready' && !thread.value.found) ||
    (thread.state === 'failed' && focus !== '' && notThere(thread.problem.status));
  if (gone) {
    return (
      <GonePage
        title="This message is not here"
        text="It was removed, or it never reached you. The link that led here may be old."
        back={{ href: all, text: 'All messages of the project' }}
      />
    );
  }
  return (
    <ProjectFrame id={project} section="/messages">
      {() => {
        if (thread.state === 'loading') return <Bones rows={4} />;
        if (thread.state === 'failed') return <FailedState problem={thread.problem} retry={thread.reload} />;
        return <ThreadView key={focus} project={project} thread={thread.value} focus={focus} />;
      }}
    </ProjectFrame>
  );
}

/** The newest messages, back to the one in focus. */
async function threadWith(project: string, focus: string): Promise<Thread> {
  const about = { project_id: project, source_kind: 'message' };
  const page = await api.notificationsAbout(about, '', pageSize);
  const thread: Thread = { items: page.items, next: page.next_cursor, found: true };
  if (!focus || holds(thread, focus)) return thread;
  const { items } = await api.notificationsAbout({ ...about, source_id: focus });
  if (items.length === 0) return { ...thread, found: false };
  for (let pages = 0; pages < longestSearch && thread.next && !holds(thread, focus); pages += 1) {
    const older = await api.notificationsAbout(about, thread.next, pageSize);
    thread.items = [...thread.items, ...older.items];
    thread.next = older.next_cursor;
  }
  return holds(thread, focus) ? thread : { ...thread, items: [...thread.items, ...items] };
}

function holds(thread: Thread, message: string): boolean {
  return thread.items.some((item) => item.source_id === message);
}

function ThreadView({ project, thread, focus }: { project: string; thread: Thread; focus: string }) {
  const [older, setOlder] = useState<{ items: NotificationItem[]; next: string | null }>({
    items: [],
    next: thread.next,
  });
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    if (!focus) scrollTo({ top: document.documentElement.scrollHeight });
  }, []);

  const loadOlder = async () => {
    setFailed(false);
    const about = { project_id: project, source_kind: 'message' };
    try {
      const page = await api.notificationsAbout(about, older.next ?? '', pageSize);
      setOlder({ items: [...older.items, ...page.items], next: page.next_cursor });
    } catch {
      setFailed(true);
    }
  };

  if (thread.items.length === 0) {
    return (
      <State icon={MessageSquare} tint="blue" heading="No messages yet">
        <p>What is written about this project appears here.</p>
      </State>
    );
  }
  const days = byDay(oldestFirst([...thread.items, ...older.items]));
  return (
    <section class="thread" aria-label="Messages">
      {older.next !== null && (
        <button type="button" class="button" onClick={() => void loadOlder()}>
          {failed ? 'That did not load. Try again' : 'Show earlier messages'}
        </button>
      )}
      {days.map(([day, items]) => (
        <section key={day} aria-label={day}>
          <h2 class="day">{day}</h2>
          <ol class="messages">
            {items.map((item) => (
              <Message key={item.source_id} item={item} isTarget={item.source_id === focus} />
            ))}
          </ol>
        </section>
      ))}
    </section>
  );
}

function Message({ item, isTarget }: { item: NotificationItem; isTarget: boolean }) {
  const target = useTarget<HTMLLIElement>(isTarget, item.source_id);
  return (
    <li
      ref={target}
      id={`message-${item.source_id}`}
      class={isTarget ? 'message target' : 'message'}
      tabIndex={isTarget ? -1 : undefined}
      aria-current={isTarget ? 'true' : undefined}
    >
      <KindTile type={item.type} />
      <div class="bubble">
        <p class="message-head">
          <span>Client</span>
          <TimeAgo iso={item.created_at} />
        </p>
        <p class="message-body">{item.body ?? item.title}</p>
      </div>
    </li>
  );
}

function oldestFirst(items: NotificationItem[]): NotificationItem[] {
  const one = new Map(items.map((item) => [item.source_id, item]));
  return [...one.values()].sort((a, b) => Date.parse(a.created_at) - Date.parse(b.created_at));
}

function byDay(items: NotificationItem[]): [string, NotificationItem[]][] {
  const days = new Map<string, NotificationItem[]>();
  for (const item of items) {
    const day = dayOf(new Date(item.created_at), new Date());
    days.set(day, [...(days.get(day) ?? []), item]);
  }
  return [...days];
}
