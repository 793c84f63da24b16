import type { Choices } from '../../preferences/open.ts';
import type {
  Digest,
  Preferences,
  PreferencesChange,
  QuietHours,
  Settings,
} from '../../preferences/types.ts';
import { ownZone, zoneOf } from '../../preferences/zones.ts';
import { Choices as RadioChoices } from '../ui/Field.tsx';
import { Hours } from './Hours.tsx';
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
  // Should the browser's zone not have been saved yet, it is with the first choice.
  const zone = preferences.time_zone === null ? { time_zone } : {};
  const set = (change: PreferencesChange) => void choices.change({ set: { ...zone, ...change } });
  return (
    <section class="card times" aria-labelledby="times">
      <h2 id="times">When</h2>
      <RadioChoices
        name="digest"
        legend={settings.email_enabled ? 'E-mails come' : 'E-mails come, when e-mail is on'}
        choices={digests}
        value={digest}
        change={(value) => set({ digest: value })}
      />
      <Switch
        id="quiet-hours"
        label="Quiet hours"
        hint="No e-mail and no push in between. E-mails come afterwards; the bell keeps collecting."
        on={quiet_hours !== null}
        change={(on) => set({ quiet_hours: on ? usualHours : null })}
      />
      {quiet_hours && <Hours hours={quiet_hours} change={(hours) => set({ quiet_hours: hours })} />}
      <ZoneField zone={time_zone} change={(zone) => set({ time_zone: zone })} />
      <NotSaved of={choices} failures={failuresIn('times', choices)} />
    </section>
  );
}
