import type { Switches } from '../../preferences/open.ts';
import type { Settings } from '../../preferences/types.ts';
import { reconnectBell } from '../bell.ts';
import { user } from '../session.ts';
import { NotSaved } from './NotSaved.tsx';
import { PushSwitch } from './PushSwitch.tsx';
import { Switch } from './Switch.tsx';

interface Props {
  switches: Switches;
  settings: Settings;
}

/** By what a person is told at all. */
export function Channels({ switches, settings }: Props) {
  const address = user.value?.email;
  const setLive = async (on: boolean) => {
    if (await switches.change({ realtime_enabled: on })) reconnectBell();
  };
  return (
    <section class="card" aria-labelledby="told">
      <h2 id="told">How you are told</h2>
      <Switch
        id="live-updates"
        label="Live updates"
        hint="The bell rings the moment something happens. Without them it looks every 15 seconds."
        on={settings.realtime_enabled}
        change={(on) => void setLive(on)}
      />
      <div class="channel">
        <Switch
          id="email"
          label="E-mail"
          hint={`${address ? `To ${address}, about` : 'About'} what you have not read here.`}
          on={settings.email_enabled}
          change={(on) => void switches.change({ email_enabled: on })}
        />
        {settings.email_suppressed && (
          <p class="alert note">
            E-mail to this address came back, so none is sent to it. Ask your administrator to change the
            address or to let e-mail go to it again.
          </p>
        )}
      </div>
      <PushSwitch switches={switches} settings={settings} />
      <NotSaved of={switches} failures={switches.failures.value} />
    </section>
  );
}
