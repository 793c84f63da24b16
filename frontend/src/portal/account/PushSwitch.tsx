import { useEffect, useRef, useState } from 'preact/hooks';
import type { Switches } from '../../preferences/open.ts';
import type { Settings } from '../../preferences/types.ts';
import { push } from '../../push/open.ts';
import { Denied } from '../../push/push.ts';
import { Problem } from '../../shared/http.ts';
import { endSession, user } from '../session.ts';
import { Switch } from './Switch.tsx';

interface Props {
  switches: Switches;
  settings: Settings;
}

/**
 * Push on the person's devices. Each browser is asked by itself: the switch is for all, the line below it for this one.
 * Not there where the browser or the server cannot.
 */
export function PushSwitch({ switches, settings }: Props) {
  const me = user.value?.id ?? '';
  const [said, setSaid] = useState('');
  const isBusy = useRef(false);
  const state = push.state.value;

  useEffect(() => {
    // Without an answer there is no switch; the next visit asks again.
    push.look(me).catch(() => undefined);
  }, [me]);

  if (state === 'unknown' || state === 'unavailable') return null;

  const work = async (run: () => Promise<unknown>) => {
    // Nothing is disabled meanwhile: that would take the focus away.
    if (isBusy.current) return;
    isBusy.current = true;
    setSaid('');
    try {
      await run();
    } catch (error) {
      if (error instanceof Problem && error.status === 401) endSession();
      else setSaid(reasonFor(error));
    } finally {
      isBusy.current = false;
    }
  };
  const turnOn = () =>
    work(async () => {
      await push.turnOn(me);
      if (!settings.push_enabled) await switches.change({ push_enabled: true });
    });
  const change = (on: boolean) => {
    if (on) void turnOn();
    else void work(() => switches.change({ push_enabled: false }));
  };

  return (
    <div class="channel">
      <Switch
        id="push"
        label="Push notifications"
        hint="On your devices, even when the portal is closed. What rings the bell is pushed too."
        on={settings.push_enabled}
        change={change}
        disabled={state === 'blocked' && !settings.push_enabled}
      />
      {state === 'blocked' && (
        <p class="alert note">
          This browser blocks notifications from the portal. Allow them in the browser’s settings for this
          site, then load this page again.
        </p>
      )}
      {settings.push_enabled && state !== 'blocked' && (
        <p class="quiet-line here">
          <span>
            {state === 'on' ? 'They come to this browser.' : 'They do not come to this browser yet.'}
          </span>
          <button
            type="button"
            class="link-button"
            onClick={() => void (state === 'on' ? work(() => push.turnOff()) : turnOn())}
          >
            {state === 'on' ? 'Stop them here' : 'Turn on here'}
          </button>
        </p>
      )}
      <p class="alert-line" role="alert">
        {said}
      </p>
    </div>
  );
}

function reasonFor(error: unknown): string {
  if (error instanceof Denied) {
    return 'The browser was not allowed to show notifications, so push stays off here.';
  }
  if (error instanceof Problem && error.status === 0) {
    return 'The portal cannot be reached. Check the connection and try again.';
  }
  if (error instanceof Problem) return 'The portal did not take it. Try again later.';
  return 'This browser could not reach its push service. Try again later.';
}
