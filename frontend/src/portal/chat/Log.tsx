import { ArrowDown, MessageSquare } from 'lucide';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { RoomStore } from '../../chat/room.ts';
import { type Day, daysOf } from '../../chat/rows.ts';
import { spoken } from '../../chat/words.ts';
import { Icon } from '../../shared/icon.tsx';
import { State } from '../states.tsx';
import { MessageLine } from './Line.tsx';
import type { Scroller } from './scroller.ts';

interface Props {
  store: RoomStore;
  scroller: Scroller;
  me: { id: string; display_name: string };
  /** Id of the message a deep link points at. */
  focus: string;
  name: string;
}

/** The conversation itself: all that is loaded of it, and the way to the rest. */
export function Log({ store, scroller, me, focus, name }: Props) {
  const view = useRef<HTMLDivElement>(null);
  const { log } = store;
  useLayoutEffect(() => (view.current ? scroller.attach(view.current) : undefined), [scroller]);
  // Without a list of what it depends on: whatever was drawn anew may have moved things.
  useLayoutEffect(() => scroller.settle());

  const days = daysOf({
    messages: log.messages.value,
    unsent: log.follows.value ? store.outbox.entries.value : [],
    me,
    newFrom: store.newFrom.value,
    now: new Date(),
  });
  const region = {
    class: 'log',
    role: 'log',
    'aria-live': 'off',
    'aria-label': `Messages with ${name}`,
  } as const;
  return (
    <div class="log-frame">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: who has no mouse scrolls it by the keyboard */}
      <div {...region} ref={view} tabIndex={0}>
        <div class="log-inner">
          <Older store={store} />
          {days.length === 0 && (
            <State icon={MessageSquare} tint="blue" heading="No messages yet">
              <p>What is written here is seen by the people of this conversation, and by nobody else.</p>
            </State>
          )}
          <Days days={days} store={store} focus={focus} />
          <Newer store={store} />
        </div>
      </div>
      <ToNewest store={store} scroller={scroller} />
      <Announcer store={store} />
    </div>
  );
}

function Days({ days, store, focus }: { days: Day[]; store: RoomStore; focus: string }) {
  const lastOwn = days
    .flatMap(({ lines }) => lines)
    .findLast(({ isOwn, number }) => isOwn && number !== null)?.number;
  return (
    <>
      {days.map((day) => (
        <section key={day.key} aria-label={day.name}>
          <h3 class="day">
            <span>{day.name}</span>
          </h3>
          <ol class="messages">
            {day.lines.flatMap((line) => [
              line.startsNew && (
                <li key="new" class="new-line">
                  <span>New messages</span>
                </li>
              ),
              <MessageLine
                key={line.id}
                line={line}
                isTarget={line.id === focus}
                outbox={store.outbox}
                seenBy={line.number !== null && line.number === lastOwn ? store.readersOf(line.number) : []}
              />,
            ])}
          </ol>
        </section>
      ))}
    </>
  );
}

function Older({ store: { log } }: { store: RoomStore }) {
  if (!log.hasOlder.value) return null;
  if (log.older.value === 'failed') {
    return (
      <p class="log-edge">
        <button type="button" class="button" onClick={() => void log.loadOlder()}>
          Earlier messages did not load. Try again
        </button>
      </p>
    );
  }
  return <MessageBones rows={3} label="Loading earlier messages" />;
}

function Newer({ store: { log } }: { store: RoomStore }) {
  if (log.follows.value) return null;
  if (log.newer.value === 'failed') {
    return (
      <p class="log-edge">
        <button type="button" class="button" onClick={() => void log.loadNewer()}>
          Later messages did not load. Try again
        </button>
      </p>
    );
  }
  return <MessageBones rows={2} label="Loading later messages" />;
}

/** In the shape of messages, some of them one's own. */
export function MessageBones({ rows, label }: { rows: number; label: string }) {
  return (
    <div class="message-bones" role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} class="bone" />
      ))}
    </div>
  );
}

function ToNewest({ store, scroller }: { store: RoomStore; scroller: Scroller }) {
  const count = store.unread.value;
  if (scroller.isAtEnd.value || (count === 0 && !scroller.isFar.value)) return null;
  const words = count === 1 ? '1 new message' : `${count > 99 ? '99+' : count} new messages`;
  return (
    <button
      type="button"
      class="to-newest"
      onClick={() => {
        void store.showNewest().then(() => scroller.toEnd());
      }}
    >
      <Icon of={ArrowDown} size={16} />
      {count > 0 ? words : 'Jump to newest'}
    </button>
  );
}

/** Speaks what others write, as it comes; what was there before is read by going through it. */
function Announcer({ store }: { store: RoomStore }) {
  const news = store.arrived.value.slice(-3);
  return (
    <p class="visually-hidden" role="status">
      {news.map(spoken).join('\n')}
    </p>
  );
}
