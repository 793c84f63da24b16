import { CloudOff, LoaderCircle } from 'lucide';
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Mode } from '../../chat/link.ts';
import type { RoomStore } from '../../chat/room.ts';
import { Icon } from '../../shared/icon.tsx';

/** A connection that comes at once is not worth a word. */
const patienceMs = 2_500;

/** Its place is always kept, so that nothing moves. */
export function TypingLine({ store }: { store: RoomStore }) {
  const names = [...store.typing.others.value.values()];
  return (
    <p class="typing">
      {names.length > 0 && (
        <>
          <span class="typing-dots" aria-hidden="true">
            <span />
            <span />
            <span />
          </span>
          <span class="typing-who">{typingText(names)}</span>
        </>
      )}
    </p>
  );
}

function typingText(names: string[]): ComponentChildren {
  const [first, second] = names.map((name) => <bdi key={name}>{name}</bdi>);
  if (names.length === 1) return <>{first} is typing…</>;
  if (names.length > 2) return `${names.length} people are typing…`;
  return (
    <>
      {first} and {second} are typing…
    </>
  );
}

/** Says when messages do not come live, and what that means. */
export function ConnectionLine({ store }: { store: RoomStore }) {
  const mode = store.link.mode.value;
  const [isSlow, setSlow] = useState(false);
  useEffect(() => {
    setSlow(false);
    if (mode !== 'connecting') return;
    const timer = setTimeout(() => setSlow(true), patienceMs);
    return () => clearTimeout(timer);
  }, [mode]);
  const text = mode === 'connecting' ? isSlow && 'Connecting…' : words(mode);
  return (
    <div role="status" class="connection">
      {text && (
        <p>
          <Icon of={mode === 'offline' ? CloudOff : LoaderCircle} size={14} />
          {text}
        </p>
      )}
    </div>
  );
}

function words(mode: Mode): string | null {
  if (mode === 'polling') return 'Live updates are interrupted. New messages may take some seconds.';
  if (mode !== 'offline') return null;
  const why = navigator.onLine ? 'The portal cannot be reached.' : 'You are offline.';
  return `${why} What you send goes out when the connection is back.`;
}
