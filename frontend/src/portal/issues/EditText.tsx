import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { changeIssue } from '../../issues/api.ts';
import { type IssueConflict, isWritable, merged, type Text, textPatch } from '../../issues/conflict.ts';
import type { Issue } from '../../issues/types.ts';
import { longestBody, longestTitle } from '../../issues/words.ts';
import { conflictOf } from '../../shared/conflict.ts';
import { Problem } from '../../shared/http.ts';
import { nothingRefused, refusalOf } from '../../shared/refusal.ts';
import { endSession } from '../session.ts';
import { Field, focusRefused } from '../ui/Field.tsx';
import { Left, leftOf, tooLong } from '../ui/Left.tsx';
import { Meanwhile } from './Meanwhile.tsx';

interface Props {
  issue: Issue;
  saved: () => void;
  cancelled: () => void;
}

/** The author changes the own text. What was typed stays whatever the server says. */
export function EditText({ issue, saved, cancelled }: Props) {
  /** The text and the version that the writing began from: what comes in live meanwhile does not move it. */
  const [base, setBase] = useState(issue);
  const [mine, setMine] = useState<Text>({ title: issue.title, body: issue.body });
  const [conflict, setConflict] = useState<IssueConflict | null>(null);
  const [refused, setRefused] = useState(nothingRefused);
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const title = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => title.current?.focus(), []);

  const save = async () => {
    const patch = textPatch(base, mine);
    if (Object.keys(patch).length === 0) return cancelled();
    if (leftOf(mine.title, longestTitle) < 0) {
      setRefused({ fields: { title: tooLong(longestTitle) }, rest: '' });
      return focusRefused(form.current);
    }
    setBusy(true);
    setRefused(nothingRefused);
    try {
      await changeIssue(issue.id, base.version, patch);
      saved();
    } catch (error) {
      if (error instanceof Problem && error.status === 401) return endSession();
      setBusy(false);
      const found = conflictOf<Issue>(error);
      if (found) {
        setConflict(found);
        // Where nothing was written here, what was written elsewhere stands.
        setMine(merged(base, mine, found.current));
        setBase(found.current);
        return;
      }
      setRefused(refusalOf(error, ['title', 'body']));
      focusRefused(form.current);
    }
  };

  const isClosed = conflict !== null && !isWritable(conflict.current.status);
  return (
    <form
      ref={form}
      class="card form issue-edit"
      aria-label="Edit the text"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      {conflict && <Meanwhile conflict={conflict} mine={mine} isClosed={isClosed} />}
      <Field name="title" label="Title" error={refused.fields.title}>
        {(attributes) => (
          <input
            {...attributes}
            ref={title}
            type="text"
            dir="auto"
            required
            value={mine.title}
            onInput={(event) => setMine({ ...mine, title: event.currentTarget.value })}
          />
        )}
      </Field>
      <Left text={mine.title} most={longestTitle} />
      <Field name="body" label="Description" error={refused.fields.body}>
        {(attributes) => (
          <textarea
            {...attributes}
            rows={8}
            dir="auto"
            maxLength={longestBody}
            value={mine.body}
            onInput={(event) => setMine({ ...mine, body: event.currentTarget.value })}
          />
        )}
      </Field>
      <p class="alert-line" role="alert">
        {refused.rest}
      </p>
      <div class="form-end">
        <button type="submit" class="button primary" disabled={busy || isClosed || mine.title.trim() === ''}>
          {busy ? 'Saving…' : conflict ? 'Save my text' : 'Save'}
        </button>
        <button type="button" class="button" disabled={busy} onClick={cancelled}>
          {conflict ? 'Discard my text' : 'Cancel'}
        </button>
      </div>
    </form>
  );
}
