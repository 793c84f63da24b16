import { useMemo, useRef, useState } from 'preact/hooks';
import { roomsOf } from '../../chat/api.ts';
import { newId } from '../../chat/ids.ts';
import type { Room } from '../../chat/types.ts';
import { unsentText } from '../../files/words.ts';
import { Problem } from '../../shared/http.ts';
import { nothingRefused, refusalOf } from '../../shared/refusal.ts';
import { ask } from '../../tasks/api.ts';
import { longest, type Task } from '../../tasks/types.ts';
import { AttachField } from '../files/AttachField.tsx';
import { attachmentsOf } from '../files/attachments.ts';
import { useResource } from '../resource.ts';
import { endSession } from '../session.ts';
import { Bones } from '../states.tsx';
import { Field, focusRefused } from '../ui/Field.tsx';
import { LeaveButton, Modal } from '../ui/Modal.tsx';

interface Props {
  task: Task;
  asked: (client: string) => void;
  closed: () => void;
}

/** Asks a client to approve the task as it stands, with the files that belong to it. */
export function AskApproval({ task, asked, closed }: Props) {
  const rooms = useResource(`rooms to ask ${task.project_id}`, () => openRooms(task.project_id));
  const dialog = useRef<HTMLDialogElement>(null);
  const [chosen, setChosen] = useState('');
  const [note, setNote] = useState('');
  const [refused, setRefused] = useState(nothingRefused);
  const [busy, setBusy] = useState(false);
  /** The same request, however often it is sent. */
  const [id] = useState(newId);
  const open = rooms.state === 'ready' ? rooms.value : [];
  const room = open.find((each) => each.id === chosen) ?? open[0];
  const uploads = useMemo(() => (room ? attachmentsOf(room.id, `approval ${task.id}`) : null), [room?.id]);

  const send = async () => {
    if (!room || !uploads) return;
    if (uploads.isBusy.value || uploads.hasFailed.value) {
      setRefused({
        fields: {},
        rest: uploads.isBusy.value
          ? 'A file is still on its way. Send when it is there.'
          : `A file was not uploaded. ${unsentText(uploads.failed.value)}`,
      });
      return;
    }
    setBusy(true);
    setRefused(nothingRefused);
    try {
      const file_ids = uploads.files.value.map((file) => file.id);
      await ask(task.id, { id, client_id: room.client.id, note: note.trim(), file_ids });
      uploads.used();
      dialog.current?.close();
      asked(room.client.display_name);
    } catch (error) {
      if (error instanceof Problem && error.status === 401) return endSession();
      setBusy(false);
      setRefused(refusalOf(error, ['note', 'client_id']));
      focusRefused(dialog.current?.querySelector('form') ?? null);
    }
  };

  return (
    <Modal
      dialog={dialog}
      title="Ask for approval"
      busy={busy}
      written={note.trim() !== ''}
      submit={() => void send()}
      closed={closed}
    >
      <p>
        The client is shown the task exactly as it is now, with the files you add. If its text changes before
        they answer, you ask again.
      </p>
      <div class="snapshot">
        <p class="snapshot-title" dir="auto">
          {task.title}
        </p>
        {task.description && (
          <p class="snapshot-text two-lines" dir="auto">
            {task.description}
          </p>
        )}
      </div>
      {rooms.state === 'loading' && <Bones rows={1} />}
      {rooms.state === 'ready' && !room && (
        <p class="alert note">There is no client in this project whom you could ask.</p>
      )}
      {room && (
        <Field name="client_id" label="Client" error={refused.fields.client_id}>
          {(attributes) =>
            open.length === 1 ? (
              <output {...attributes} class="fixed-part" dir="auto">
                {room.client.display_name}
              </output>
            ) : (
              <select
                {...attributes}
                value={room.id}
                onChange={(event) => setChosen(event.currentTarget.value)}
              >
                {open.map((each) => (
                  <option key={each.id} value={each.id}>
                    {each.client.display_name}
                  </option>
                ))}
              </select>
            )
          }
        </Field>
      )}
      <Field name="note" label="Note (optional)" error={refused.fields.note}>
        {(attributes) => (
          <textarea
            {...attributes}
            rows={3}
            dir="auto"
            maxLength={longest.note}
            placeholder="What should they look at?"
            value={note}
            onInput={(event) => setNote(event.currentTarget.value)}
          />
        )}
      </Field>
      {uploads && <AttachField key={room?.id} uploads={uploads} />}
      <p class="alert-line" role="alert">
        {rooms.state === 'failed'
          ? 'The clients of the project did not load. Close this and try again.'
          : refused.rest}
      </p>
      <div class="confirm-buttons">
        <LeaveButton busy={busy} />
        <button type="submit" class="button primary" disabled={busy || !room}>
          {busy ? 'Asking…' : 'Ask for approval'}
        </button>
      </div>
    </Modal>
  );
}

async function openRooms(project: string): Promise<Room[]> {
  const rooms: Room[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const page: Awaited<ReturnType<typeof roomsOf>> = await roomsOf(project, cursor);
    rooms.push(...page.items);
    cursor = page.next_cursor;
  }
  return rooms.filter(({ is_open }) => is_open);
}
