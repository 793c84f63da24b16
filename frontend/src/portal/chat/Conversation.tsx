import { effect } from '@preact/signals';
import { Lock } from 'lucide';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { attend } from '../../chat/open.ts';
import type { RoomStore } from '../../chat/room.ts';
import type { RoomList } from '../../chat/room-list.ts';
import type { Message } from '../../chat/types.ts';
import { Icon } from '../../shared/icon.tsx';
import { followed } from '../bell.ts';
import { FailedState } from '../states.tsx';
import { Composer } from './Composer.tsx';
import { Ended } from './Ended.tsx';
import { Head } from './Head.tsx';
import { useKeyboardHeight } from './keyboard.ts';
import { Log, MessageBones } from './Log.tsx';
import { Scroller, type Target } from './scroller.ts';
import { ConnectionLine, TypingLine } from './status.tsx';
import { messagesRead, takeChoice } from './visits.ts';

interface Props {
  store: RoomStore;
  room: string;
  list: RoomList;
  me: { id: string; display_name: string };
  /** The message a deep link points at. */
  focus: Message | null;
  back: string | null;
}

/** One room, open. */
export function Conversation({ store, room, list, me, focus, back }: Props) {
  const field = useRef<HTMLTextAreaElement>(null);
  const whole = useRef<HTMLElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const visit = `${focus?.id ?? ''} ${followed.value}`;
  const target = useRef<Target>({ id: '', visit });
  target.current = { id: focus?.id ?? '', visit };
  const scroller = useMemo(() => new Scroller(store, () => target.current), [store]);
  useLiveRoom(store, room, list, focus, visit);
  useKeyboardHeight();

  const found = store.room.value;
  const isClient = found?.client.id === me.id;
  // A client talks with the team, the team with a client.
  const name = isClient ? 'Your project team' : (found?.client.display_name ?? '');
  const whom = isClient ? 'your project team' : name;
  const isReady = found !== null && store.log.state.value === 'ready';
  useEffect(() => {
    if (!isReady || !takeChoice(room)) return;
    if (matchMedia('(pointer: coarse)').matches) heading.current?.focus();
    else (field.current ?? heading.current)?.focus();
  }, [isReady]);

  if (store.link.ending.value) return <Ended ending={store.link.ending.value} back={back} />;
  if (store.problem.value && !isReady) {
    return (
      <section class="conversation" aria-label="Conversation">
        <FailedState problem={store.problem.value} retry={() => void store.load(focus?.number ?? null)} />
      </section>
    );
  }
  if (!isReady) {
    return (
      <section class="conversation" aria-label="Conversation">
        <MessageBones rows={5} label="Loading messages" />
      </section>
    );
  }
  return (
    <section ref={whole} class="conversation" aria-label={`Conversation with ${whom}`}>
      <Head store={store} room={found} name={name} heading={heading} back={back} />
      <Log store={store} scroller={scroller} me={me} focus={focus?.id ?? ''} name={whom} />
      <TypingLine store={store} />
      <ConnectionLine store={store} />
      {found.is_open ? (
        <Composer
          store={store}
          room={room}
          name={whom}
          field={field}
          zone={whole}
          sent={() => scroller.toEnd()}
        />
      ) : (
        <p class="closed">
          <Icon of={Lock} size={16} />
          {found.client.display_name} is no longer part of this project. The conversation is closed.
        </p>
      )}
    </section>
  );
}

/** Keeps the room live while it is shown. */
function useLiveRoom(
  store: RoomStore,
  room: string,
  list: RoomList,
  focus: Message | null,
  visit: string,
): void {
  const entered = useRef('');
  useEffect(() => {
    entered.current = visit;
    void store.enter(focus?.number ?? null);
    const stopAttending = attend(store);
    const stopTelling = effect(() => {
      const newest = store.log.messages.value.at(-1);
      if (newest && store.log.follows.value) list.hear(newest);
    });
    const stopComparing = effect(() => {
      // No socket says that a room was closed or opened again.
      const listed = list.rooms.value?.find(({ id }) => id === room);
      const shown = store.room.peek();
      if (listed && shown && listed.is_open !== shown.is_open) void store.refresh();
    });
    let known = store.marks.own.peek();
    const stopCounting = effect(() => {
      if (store.marks.own.value > known) messagesRead.value = messagesRead.peek() + 1;
      known = store.marks.own.value;
    });
    return () => {
      stopCounting();
      stopComparing();
      stopTelling();
      stopAttending();
      store.leave();
    };
  }, [store]);
  useEffect(() => {
    if (entered.current === visit) return;
    entered.current = visit;
    if (focus) void store.showAround(focus.number);
  }, [visit]);
}
