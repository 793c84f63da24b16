import { useEffect, useRef } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import * as chat from '../../chat/api.ts';
import { isId } from '../../chat/ids.ts';
import { storeOf } from '../../chat/open.ts';
import type { RoomStore } from '../../chat/room.ts';
import type { Message } from '../../chat/types.ts';
import type { NotificationItem } from '../../inbox/types.ts';
import { Problem } from '../../shared/http.ts';
import * as api from '../api.ts';
import { Conversation } from '../chat/Conversation.tsx';
import { FromNotification } from '../chat/FromNotification.tsx';
import { Panes, Waiting } from '../chat/Panes.tsx';
import { useRooms } from '../chat/rooms.ts';
import { notThere, ProjectFrame } from '../ProjectFrame.tsx';
import { useResource } from '../resource.ts';
import { user } from '../session.ts';
import { FailedState } from '../states.tsx';
import { GonePage } from './NotFound.tsx';

/** Where the message is that a deep link names. */
type Located =
  | { kind: 'nowhere' }
  | { kind: 'message'; message: Message }
  | { kind: 'notification'; item: NotificationItem }
  | { kind: 'gone' };

export function MessagesPage({ project }: { project: string }) {
  const { query, route } = useLocation();
  const focus = query.focus ?? '';
  const located = useResource(`message ${project} ${focus}`, () => locate(project, focus));
  const list = useRooms(project);
  const all = `/projects/${encodeURIComponent(project)}/messages`;
  // While the next message is looked for, the conversation stays where it is.
  const last = useRef<{ project: string; found: Located; room: string } | null>(null);
  if (located.state === 'ready') last.current = { project, found: located.value, room: query.room ?? '' };
  const { found, room } = last.current?.project === project ? last.current : { found: null, room: '' };
  const focused = found?.kind === 'message' ? found.message : null;
  const rooms = list.rooms.value;
  const onlyRoom = rooms?.length === 1 && list.next.value === null ? (rooms[0]?.id ?? '') : '';
  const unasked = useUnasked(project, room || focus ? null : onlyRoom);
  const roomId = focused?.room_id ?? (room || unasked);
  const me = { id: user.value?.id ?? '', display_name: user.value?.display_name ?? 'You' };
  const store = isId(roomId) && me.id ? storeOf(roomId, me.id) : null;
  const isNowOneOfMany = unasked !== '' && rooms !== null && unasked !== onlyRoom;
  useEffect(() => {
    // From here on it is one that could have been chosen: there is a way back from it to the others.
    if (isNowOneOfMany) route(`${all}?${new URLSearchParams({ room: unasked })}`, true);
  }, [isNowOneOfMany]);

  if (found?.kind === 'gone') {
    return (
      <GonePage
        title="This message is not here"
        text="It was removed, or it never reached you. The link that led here may be old."
        back={{ href: all, text: 'All messages of the project' }}
      />
    );
  }
  if ((roomId && !isId(roomId)) || (store && isElsewhere(store, project))) {
    return (
      <GonePage
        title="This conversation is not here"
        text="It is not part of this project, or you are not part of it."
        back={{ href: all, text: 'All messages of the project' }}
      />
    );
  }
  return (
    <ProjectFrame id={project} section="/messages">
      {() => {
        if (located.state === 'failed')
          return <FailedState problem={located.problem} retry={located.reload} />;
        if (found?.kind === 'notification') return <FromNotification item={found.item} all={all} />;
        if (found === null) return <Waiting />;
        const isSingle = onlyRoom !== '' && onlyRoom === roomId;
        return (
          <Panes list={list} isSingle={isSingle} href={all} me={me.id} store={store} roomId={roomId}>
            {store && (
              <Conversation
                key={roomId}
                store={store}
                room={roomId}
                list={list}
                me={me}
                focus={focused}
                back={isSingle ? null : all}
              />
            )}
          </Panes>
        );
      }}
    </ProjectFrame>
  );
}

/**
 * The only room there is opens unasked, and stays open when it is no longer the only one. Null when the address says
 * what to open.
 */
function useUnasked(project: string, onlyRoom: string | null): string {
  const held = useRef({ project, room: '' });
  if (onlyRoom === null) held.current = { project, room: '' };
  else if (held.current.project !== project || !held.current.room) held.current = { project, room: onlyRoom };
  return held.current.room;
}

async function locate(project: string, focus: string): Promise<Located> {
  if (!focus) return { kind: 'nowhere' };
  if (!isId(focus)) return { kind: 'gone' };
  try {
    const message = await chat.message(focus);
    return message.project_id === project ? { kind: 'message', message } : { kind: 'gone' };
  } catch (error) {
    if (!(error instanceof Problem && notThere(error.status))) throw error;
  }
  try {
    const about = { project_id: project, source_kind: 'message', source_id: focus };
    const [item] = (await api.notificationsAbout(about)).items;
    return item ? { kind: 'notification', item } : { kind: 'gone' };
  } catch (error) {
    if (error instanceof Problem && notThere(error.status)) return { kind: 'gone' };
    throw error;
  }
}

/** Out of reach from the start, or of another project; one that ends while it is open says so itself. */
function isElsewhere(store: RoomStore, project: string): boolean {
  const room = store.room.value;
  if (room) return room.project_id !== project;
  return store.link.ending.value === 'access_gone';
}
