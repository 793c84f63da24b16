import { useEffect, useRef, useState } from 'preact/hooks';
import type { QuietHours } from '../../preferences/types.ts';
import { Field } from '../ui/Field.tsx';

interface Props {
  hours: QuietHours;
  change: (hours: QuietHours) => void;
}

/** Each digit of a time is a change to the browser: they are saved when there are no more. */
const pauseMs = 600;

/** Saved as soon as both are times and typing pauses. A time that was emptied comes back when one leaves it. */
export function Hours({ hours, change }: Props) {
  const [edited, setEdited] = useState<Partial<QuietHours>>({});
  const latest = useRef({ edited, hours, change });
  latest.current = { edited, hours, change };
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const draft = { ...hours, ...edited };

  const stand = (made: Partial<QuietHours>) => {
    latest.current.edited = made;
    setEdited(made);
  };
  const save = () => {
    clearTimeout(timer.current);
    const { edited, hours, change } = latest.current;
    const { from, to } = { ...hours, ...edited };
    if (!from || !to || from === to) return;
    if (from !== hours.from || to !== hours.to) change({ from, to });
    stand({});
  };
  // What was typed just before one goes elsewhere is meant too.
  useEffect(() => save, []);

  const edit = (part: Partial<QuietHours>) => {
    stand({ ...latest.current.edited, ...part });
    clearTimeout(timer.current);
    timer.current = setTimeout(save, pauseMs);
  };
  const leave = () => {
    const { from, to } = latest.current.edited;
    stand({ ...(from && { from }), ...(to && { to }) });
    save();
  };
  const time = (part: keyof QuietHours) => ({
    type: 'time' as const,
    value: draft[part],
    onInput: (event: InputEvent) => edit({ [part]: (event.currentTarget as HTMLInputElement).value }),
    onBlur: leave,
  });
  const isSame = draft.from !== '' && draft.from === draft.to;
  const error = isSame ? 'They must not end when they begin.' : undefined;
  const isOverMidnight = draft.to !== '' && draft.to < draft.from;
  return (
    <div class="hours">
      <Field name="quiet-from" label="From" error={error}>
        {(attributes) => <input {...attributes} {...time('from')} />}
      </Field>
      <Field name="quiet-to" label="To" hint={isOverMidnight ? 'On the next day.' : undefined}>
        {(attributes) => <input {...attributes} {...time('to')} />}
      </Field>
    </div>
  );
}
