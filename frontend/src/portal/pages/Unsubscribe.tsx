import { useEffect, useRef, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import * as api from '../../preferences/api.ts';
import type { Addressee } from '../../preferences/types.ts';
import { Problem } from '../../shared/http.ts';
import { refusalOf } from '../../shared/refusal.ts';
import { useResource } from '../resource.ts';
import { Mark, useTitle } from '../Shell.tsx';
import { user } from '../session.ts';
import { Bones, FailedState } from '../states.tsx';

/** Where the link in every e-mail leads: nobody needs to sign in to hear less. Asks first, for machines follow links too. */
export function UnsubscribePage() {
  const token = useLocation().query.token ?? '';
  useTitle('Switch off e-mail');
  return (
    <main class="bare">
      <div class="login">
        <Mark />
        {token ? <Link key={token} token={token} /> : <Broken />}
      </div>
    </main>
  );
}

function Link({ token }: { token: string }) {
  const addressee = useResource(`addressee ${token}`, () => api.addressee(token));
  const [isBroken, setBroken] = useState(false);
  if (isBroken || (addressee.state === 'failed' && isUnknown(addressee.problem))) return <Broken />;
  if (addressee.state === 'ready') {
    return <Choice token={token} found={addressee.value} broken={() => setBroken(true)} />;
  }
  return (
    <>
      <h1>E-mail from the portal</h1>
      {addressee.state === 'loading' && <Bones rows={2} />}
      {addressee.state === 'failed' && <FailedState problem={addressee.problem} retry={addressee.reload} />}
    </>
  );
}

interface ChoiceProps {
  token: string;
  found: Addressee;
  broken: () => void;
}

function Choice({ token, found, broken }: ChoiceProps) {
  const [changed, setChanged] = useState<Addressee | null>(null);
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState('');
  const heading = useRef<HTMLHeadingElement>(null);
  const { display_name, email_enabled: isOn } = changed ?? found;

  // What was pressed says something else now.
  useEffect(() => {
    if (changed) heading.current?.focus();
  }, [changed]);

  const change = async () => {
    setBusy(true);
    setSaid('');
    try {
      setChanged(await api.switchEmail(token, !isOn));
    } catch (error) {
      if (error instanceof Problem && isUnknown(error)) broken();
      else setSaid(refusalOf(error, []).rest);
    }
    setBusy(false);
  };

  const name = display_name ? <bdi class="addressee">{display_name}</bdi> : 'the person it was sent to';
  return (
    <>
      <h1 ref={heading} tabIndex={-1}>
        {isOn ? (changed ? 'E-mail is on again' : 'No more e-mails?') : 'E-mail is off'}
      </h1>
      <p class="lead">
        {isOn && !changed && <>The portal then sends {name} nothing by e-mail any more.</>}
        {isOn && changed && <>The portal sends {name} by e-mail what they have not read.</>}
        {!isOn && <>The portal sends {name} nothing by e-mail any more.</>} The bell goes on to show what is
        new.
      </p>
      <p class={said ? 'alert unsubscribe-alert' : ''} role="alert">
        {said}
      </p>
      <button
        type="button"
        class={isOn && !changed ? 'button primary login-button' : 'button login-button'}
        disabled={busy}
        onClick={() => void change()}
      >
        {isOn ? (busy ? 'Switching off…' : 'Switch off e-mail') : busy ? 'Switching on…' : 'Switch on again'}
      </button>
      <Account name={display_name} />
    </>
  );
}

/** The way to more choices: for whom it is about, as far as that is known. */
function Account({ name }: { name: string | null }) {
  const person = user.value;
  if (person === undefined) return null;
  if (person === null) {
    return (
      <p class="fine unsubscribe-fine">
        What is sent, and how often, is chosen on the account page: <a href="/account">Sign in</a>
      </p>
    );
  }
  if (name === null || person.display_name !== name) {
    return (
      <p class="fine unsubscribe-fine">
        You are signed in as <bdi>{person.display_name ?? person.email}</bdi>: this is not about your e-mail.
      </p>
    );
  }
  return (
    <p class="fine unsubscribe-fine">
      What is sent to you, and how often, you choose on the account page:{' '}
      <a href="/account">Go to your account</a>
    </p>
  );
}

function Broken() {
  return (
    <>
      <h1>This link does not work</h1>
      <p class="lead" role="alert">
        It was cut short on its way, perhaps. On your account page you can switch e-mail off too.
      </p>
      <a class="button primary login-button" href="/account">
        {user.value ? 'Go to your account' : 'Sign in'}
      </a>
    </>
  );
}

/** Not a link of ours, or not all of it. */
function isUnknown({ status }: Problem): boolean {
  return status === 404 || status === 422;
}
