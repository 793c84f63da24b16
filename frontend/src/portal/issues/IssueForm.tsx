import { useRef, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { newId } from '../../chat/ids.ts';
import { keptUnsent } from '../../chat/kept.ts';
import type { Room } from '../../chat/types.ts';
import { unsentText } from '../../files/words.ts';
import { changeIssue, issue as issueOf, raiseIssue } from '../../issues/api.ts';
import { type Text, textPatch } from '../../issues/conflict.ts';
import type { Issue, IssueKind, NewIssue } from '../../issues/types.ts';
import { issueKinds, longestBody, longestTitle } from '../../issues/words.ts';
import { Problem } from '../../shared/http.ts';
import { nothingRefused, refusalOf } from '../../shared/refusal.ts';
import { AttachField } from '../files/AttachField.tsx';
import { attachmentsOf } from '../files/attachments.ts';
import { endSession, user } from '../session.ts';
import { Choices, Field, focusRefused } from '../ui/Field.tsx';
import { useFilters } from '../ui/filters.ts';
import { Left, leftOf, tooLong } from '../ui/Left.tsx';

interface Written extends Text {
  /** The same from the first attempt to the last: an answer that was lost makes no second issue. */
  id: string;
}

interface Props {
  project: string;
  /** Those it can be raised in; at least one. */
  rooms: readonly Room[];
  kind: IssueKind;
}

const choices = (['issue', 'requirement'] as const).map((value) => ({
  value,
  title: issueKinds[value].name,
  text: issueKinds[value].sentence,
}));

/** What is raised: what was typed stays until the server has it. */
export function IssueForm({ project, rooms, kind }: Props) {
  const { route } = useLocation();
  const [, filter] = useFilters('kind');
  const [kept] = useState(() => keptUnsent<Written>(user.value?.id ?? '', `issue of ${project}`));
  const [written, setWritten] = useState<Written>(() => kept.read() ?? { id: newId(), title: '', body: '' });
  const [roomId, setRoom] = useState(rooms.length === 1 ? (rooms[0]?.id ?? '') : '');
  const [refused, setRefused] = useState(nothingRefused);
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const uploads = roomId ? attachmentsOf(roomId, 'issue') : null;

  const write = (change: Partial<Text>) => {
    const next = { ...written, ...change };
    setWritten(next);
    kept.write(next.title === '' && next.body === '' ? null : next);
  };

  const send = async () => {
    if (leftOf(written.title, longestTitle) < 0)
      return refuse({ fields: { title: tooLong(longestTitle) }, rest: '' });
    if (!roomId) return refuse({ fields: { room: 'Choose whose it is.' }, rest: '' });
    if (uploads?.isBusy.value)
      return refuse({ fields: {}, rest: 'A file is still on its way. Wait a moment.' });
    if (uploads?.hasFailed.value) {
      return refuse({ fields: {}, rest: `A file was not uploaded. ${unsentText(uploads.failed.value)}` });
    }
    setBusy(true);
    setRefused(nothingRefused);
    try {
      const file_ids = uploads?.files.value.map(({ id }) => id) ?? [];
      const issue = await raise(roomId, { ...written, kind, file_ids });
      kept.write(null);
      uploads?.used();
      route(`/projects/${encodeURIComponent(project)}/issues/${encodeURIComponent(issue.id)}`, true);
    } catch (error) {
      if (error instanceof Problem && error.status === 401) return endSession();
      setBusy(false);
      refuse(refusalOf(error, ['title', 'body', 'kind']));
    }
  };
  const refuse = (refusal: typeof refused) => {
    setRefused(refusal);
    focusRefused(form.current);
  };

  return (
    <form
      ref={form}
      class="card form"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      {rooms.length > 1 && (
        <Field name="room" label="Client" error={refused.fields.room}>
          {(attributes) => (
            <select {...attributes} value={roomId} onChange={(event) => setRoom(event.currentTarget.value)}>
              <option value="">Choose a client</option>
              {rooms.map(({ id, client }) => (
                <option key={id} value={id}>
                  {client.display_name}
                </option>
              ))}
            </select>
          )}
        </Field>
      )}
      <Choices
        name="kind"
        legend="What is it?"
        choices={choices}
        value={kind}
        change={(value) => filter({ kind: value === 'issue' ? '' : value })}
        error={refused.fields.kind}
      />
      <Field name="title" label="Title" error={refused.fields.title}>
        {(attributes) => (
          <input
            {...attributes}
            type="text"
            dir="auto"
            required
            autocomplete="off"
            value={written.title}
            onInput={(event) => write({ title: event.currentTarget.value })}
          />
        )}
      </Field>
      <Left text={written.title} most={longestTitle} />
      <Field
        name="body"
        label="Description"
        error={refused.fields.body}
        hint={
          kind === 'issue'
            ? 'Where it is, since when, and what you would expect instead.'
            : 'What it should be like, and what it is good for.'
        }
      >
        {(attributes) => (
          <textarea
            {...attributes}
            rows={6}
            dir="auto"
            maxLength={longestBody}
            value={written.body}
            onInput={(event) => write({ body: event.currentTarget.value })}
          />
        )}
      </Field>
      {uploads && <AttachField key={roomId} uploads={uploads} />}
      <p class="alert-line" role="alert">
        {refused.rest}
      </p>
      <div class="form-end">
        <button type="submit" class="button primary" disabled={busy || written.title.trim() === ''}>
          {busy ? 'Sending…' : kind === 'issue' ? 'Raise issue' : 'Raise requirement'}
        </button>
        <a class="button" href={`/projects/${encodeURIComponent(project)}/issues`}>
          Cancel
        </a>
      </div>
    </form>
  );
}

/** Raises it, or finds it raised: an attempt whose answer was lost may have come through, and the words changed since. */
async function raise(room: string, issue: NewIssue): Promise<Issue> {
  try {
    return await raiseIssue(room, issue);
  } catch (error) {
    if (!(error instanceof Problem) || !error.type.endsWith('/id-in-use')) throw error;
  }
  const raised = await issueOf(issue.id);
  const patch = textPatch(raised, issue);
  return Object.keys(patch).length > 0 ? await changeIssue(raised.id, raised.version, patch) : raised;
}
