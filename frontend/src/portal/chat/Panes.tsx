import { MessagesSquare } from 'lucide';
import type { ComponentChildren } from 'preact';
import type { RoomStore } from '../../chat/room.ts';
import type { RoomList } from '../../chat/room-list.ts';
import { FailedState, State } from '../states.tsx';
import { MessageBones } from './Log.tsx';
import { Rooms } from './Rooms.tsx';

interface Props {
  list: RoomList;
  /** Whether there is nothing to choose from: the one room is all there is to show. */
  isSingle: boolean;
  href: string;
  me: string;
  store: RoomStore | null;
  roomId: string;
  /** The room that is open. */
  children: ComponentChildren;
}

/** The list of rooms, and the one that is open; on a phone one of the two. */
export function Panes({ list, isSingle, href, me, store, roomId, children }: Props) {
  const rooms = list.rooms.value;
  const { problem } = list;
  if (rooms === null && problem.value && !roomId) {
    return <FailedState problem={problem.value} retry={() => void list.refresh()} />;
  }
  // Without knowing how many there are, nobody knows what the page looks like.
  if (rooms === null && !problem.value) return <Waiting />;
  if (rooms?.length === 0 && !roomId) {
    return (
      <State icon={MessagesSquare} tint="blue" heading="No conversations yet">
        <p>When a client joins this project, a conversation with them opens here.</p>
      </State>
    );
  }
  const classes = ['chat', isSingle && 'single', roomId && 'has-room'];
  return (
    <div class={classes.filter(Boolean).join(' ')}>
      {!isSingle && (
        <Rooms list={list} rooms={rooms ?? []} href={href} me={me} open={store} openId={roomId} />
      )}
      {children ?? (
        <section class="conversation none" aria-label="Conversation">
          <State icon={MessagesSquare} tint="blue" heading="Choose a conversation">
            <p>Each client has a conversation of their own; no other client sees it.</p>
          </State>
        </section>
      )}
    </div>
  );
}

export function Waiting() {
  return (
    <div class="chat single">
      <div class="conversation">
        <MessageBones rows={5} label="Loading messages" />
      </div>
    </div>
  );
}
