import { ChevronDown, ChevronLeft } from 'lucide';
import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { RoomStore } from '../../chat/room.ts';
import type { RoomWithPeople } from '../../chat/types.ts';
import { Icon } from '../../shared/icon.tsx';
import { roleNames } from '../Shell.tsx';
import { Face } from './Face.tsx';

interface Props {
  store: RoomStore;
  room: RoomWithPeople;
  name: string;
  heading: RefObject<HTMLHeadingElement | null>;
  /** The way back to the list, where there is a list to go back to. */
  back: string | null;
}

/** Whose conversation it is, who is in it, and who is there now. */
export function Head({ store, room, name, heading, back }: Props) {
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  // Without a connection nobody here knows who is online.
  const isKnown = store.link.mode.value !== 'offline';
  const online = new Set(isKnown ? store.online.value : []);
  const here = room.people.filter(({ id }) => id !== store.me && online.has(id));
  useClosing(open, () => setOpen(false), box, button);

  return (
    <header class="conversation-head">
      {back !== null && (
        <a class="icon-button conversation-back" href={back} aria-label="All conversations">
          <Icon of={ChevronLeft} />
        </a>
      )}
      {store.me !== room.client.id && <Face person={room.client} isOnline={online.has(room.client.id)} />}
      <div class="conversation-name" ref={box}>
        <h2 ref={heading} tabIndex={-1} dir="auto" title={name}>
          {name}
        </h2>
        <button
          ref={button}
          type="button"
          class="people-button"
          aria-expanded={open}
          aria-controls="people"
          onClick={() => setOpen(!open)}
        >
          {peopleText(room.people.length)}
          {here.length > 0 && (
            <span class="people-here">
              <span class="online-dot" />
              <span>{hereText(here.map(({ display_name }) => display_name))}</span>
            </span>
          )}
          <Icon of={ChevronDown} size={14} />
        </button>
        {open && (
          <ul id="people" class="people" aria-label="People of this conversation">
            {room.people.map((person) => (
              <li key={person.id} class="people-row">
                <Face person={person} isOnline={online.has(person.id)} />
                <span class="people-who">
                  <span class="two-lines" title={person.display_name}>
                    <bdi>{person.display_name}</bdi>
                    {person.id === store.me && ' (you)'}
                  </span>
                  {person.role && <span class="people-role">{roleNames[person.role] ?? person.role}</span>}
                </span>
                <span class={online.has(person.id) ? 'people-state online' : 'people-state'}>
                  {isKnown && (online.has(person.id) ? 'Online' : 'Offline')}
                </span>
              </li>
            ))}
          </ul>
        )}
      </div>
    </header>
  );
}

function peopleText(count: number): string {
  return count === 1 ? '1 person' : `${count} people`;
}

function hereText(names: string[]): string {
  if (names.length === 1) return `${names[0]} is online`;
  if (names.length === 2) return `${names[0]} and ${names[1]} are online`;
  return `${names.length} others are online`;
}

/** Escape and a click elsewhere close it. */
function useClosing(
  open: boolean,
  close: () => void,
  box: RefObject<HTMLElement | null>,
  button: RefObject<HTMLButtonElement | null>,
): void {
  useEffect(() => {
    if (!open) return;
    const stop = new AbortController();
    const { signal } = stop;
    const elsewhere = ({ target }: Event) => {
      if (!box.current?.contains(target as Node)) close();
    };
    const pressed = ({ key }: KeyboardEvent) => {
      if (key !== 'Escape') return;
      close();
      button.current?.focus();
    };
    document.addEventListener('pointerdown', elsewhere, { signal });
    document.addEventListener('focusin', elsewhere, { signal });
    document.addEventListener('keydown', pressed, { signal });
    return () => stop.abort();
  }, [open]);
}
