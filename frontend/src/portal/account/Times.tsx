import { useEffect, useState } from 'preact/hooks';
import type { Choices } from '../../preferences/open.ts';
import type {
  Digest,
  Preferences,
  PreferencesChange,
  QuietHours,
  Settings,
} from '../../preferences/types.ts';
import { ownZone, zoneOf } from '../../preferences/zones.ts';
import { Field, Choices as RadioChoices } from '../ui/Field.tsx';
import { NotSaved } from './NotSaved.tsx';
import { failuresIn } from './preferences.ts';
import { Switch } from './Switch.tsx';
import { ZoneField } from './ZoneField.tsx';

interface Props {
  choices: Choices;
  preferences: Preferences;
  settings: Settings;
}

const usualHours: QuietHours = { from: '22:00', to: '07:00' };

const digests: readonly { value: Digest; title: string; text: string }[] = [
  {
    value: 'at_once',
    title: 'Soon after it happens',
    text: 'Several messages of one conversation are one e-mail.',
  },
  { value: 'hourly', title: 'Every hour', text: 'On the hour, when there is something new.' },
  { value: 'daily', title: 'Once a day', text: 'At 8 in the morning, when there is something new.' },
];

/** When e-mail comes, and when nothing is to disturb. */
export function Times({ choices, preferences, settings }: Props) {
  const { digest, quiet_hours } = preferences;
  const time_zone = zoneOf(preferences, ownZone());
  const set = (change: PreferencesChange) => void choices.change({ set: change });
  return (
    <section class="card times" aria-labelledby="times">
      <h2 id="times">When</h2>
      <RadioChoices
        name="digest"
        legend={settings.email_enabled ? 'E-mails come' : 'E-mails come, once they are on again'}
        choices={digests}
        value={digest}
        change={(value) => set({ digest: value, time_zone })}
      />
      <Switch
        id="quiet-hours"
        label="Quiet hours"
        hint="No e-mail and no push in between. E-mails come afterwards; the bell keeps collecting."
        on={quiet_hours !== null}
        change={(on) => set({ quiet_hours: on ? usualHours : null, time_zone })}
      />
      {quiet_hours && (
        <Hours hours={quiet_hours} change={(hours) => set({ quiet_hours: hours, time_zone })} />
      )}
      {(quiet_hours || digest === 'daily') && (
        <ZoneField zone={time_zone} change={(zone) => set({ time_zone: zone })} />
      )}
      <NotSaved of={choices} failures={failuresIn('times', choices)} />
    </section>
  );
}

interface HoursProps {
  hours: QuietHours;
  change: (hours: QuietHours) => void;
}

/** Saved as soon as both are times; until then what is typed stands. */
function Hours({ hours, change }: HoursProps) {
  const [draft, setDraft] = useState(hours);
  useEffect(() => setDraft(hours), [hours.from, hours.to]);
  const isSame = draft.from !== '' && draft.from === draft.to;
  const edit = (part: Partial<QuietHours>) => {
    const made = { ...draft, ...part };
    setDraft(made);
    if (made.from && made.to && made.from !== made.to) change(made);
  };
  const error = isSame ? 'They must not end when they begin.' : undefined;
  return (
    <div class="hours">
      <Field name="quiet-from" label="From" error={error}>
        {(attributes) => (
          <input
            {...attributes}
            type="time"
            value={draft.from}
            onChange={(event) => edit({ from: event.currentTarget.value })}
          />
        )}
      </Field>
      <Field
        name="quiet-to"
        label="To"
        hint={draft.to < draft.from && draft.to ? 'On the next day.' : undefined}
      >
        {(attributes) => (
          <input
            {...attributes}
            type="time"
            value={draft.to}
            onChange={(event) => edit({ to: event.currentTarget.value })}
          />
        )}
      </Field>
    </div>
  );
}
