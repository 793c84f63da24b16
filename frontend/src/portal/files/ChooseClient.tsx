import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Room } from '../../chat/types.ts';
import { countText } from '../../files/words.ts';
import { Face } from '../chat/Face.tsx';

interface Props {
  count: number;
  rooms: readonly Room[];
  chosen: (room: string) => void;
  closed: () => void;
}

/** Asks whose files these are to be: no other client sees them. */
export function ChooseClient({ count, rooms, chosen, closed }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog}
      class="confirm"
      aria-labelledby="choose-title"
      aria-describedby="choose-text"
      onClose={closed}
    >
      <h2 class="confirm-title" id="choose-title">
        Share {countText(count)} with
      </h2>
      <p id="choose-text">The client you choose and the project team will see them, and no other client.</p>
      <ul class="choose-client">
        {rooms.map(({ id, client }) => (
          <li key={id}>
            <button
              type="button"
              onClick={() => {
                chosen(id);
                dialog.current?.close();
              }}
            >
              <Face person={client} />
              <span class="two-lines" dir="auto">
                {client.display_name}
              </span>
            </button>
          </li>
        ))}
      </ul>
      <div class="confirm-buttons">
        <button type="button" class="button" onClick={() => dialog.current?.close()}>
          Cancel
        </button>
      </div>
    </dialog>
  );
}
