import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { endEmail } from '../../preferences/api.ts';
import { Problem } from '../../shared/http.ts';
import { refusalOf } from '../../shared/refusal.ts';
import { Mark, useTitle } from '../Shell.tsx';
import { user } from '../session.ts';

type Step = 'asking' | 'sending' | 'done' | 'over';

/** Where the link in every e-mail leads: nobody needs to sign in to hear less. Asks first, for machines follow links too. */
export function UnsubscribePage() {
  const token = useLocation().query.token ?? '';
  const [step, setStep] = useState<Step>(token ? 'asking' : 'over');
  const [said, setSaid] = useState('');
  useTitle('Switch off e-mail');

  const end = async () => {
    setStep('sending');
    setSaid('');
    try {
      await endEmail(token);
      setStep('done');
    } catch (error) {
      const isUnknown = error instanceof Problem && (error.status === 404 || error.status === 422);
      setStep(isUnknown ? 'over' : 'asking');
      if (!isUnknown) setSaid(refusalOf(error, []).rest);
    }
  };

  return (
    <main class="bare">
      <div class="login">
        <Mark />
        <h1>{headings[step]}</h1>
        {(step === 'asking' || step === 'sending') && (
          <>
            <p class="lead">
              The portal then sends you nothing by e-mail any more. The bell goes on to show what is new.
            </p>
            {said && (
              <p class="alert unsubscribe-alert" role="alert">
                {said}
              </p>
            )}
            <button
              type="button"
              class="button primary login-button"
              disabled={step === 'sending'}
              onClick={() => void end()}
            >
              {step === 'sending' ? 'Switching off…' : 'Switch off e-mail'}
            </button>
            <p class="fine unsubscribe-fine">
              Less will do? On <a href="/account">your account page</a> you choose what is sent, and how
              often.
            </p>
          </>
        )}
        {step === 'done' && (
          <>
            <p class="lead" role="status">
              You get no more e-mails from the portal. Should you miss them, switch them on again on your
              account page.
            </p>
            <a class="button login-button" href="/account">
              {user.value ? 'Go to your account' : 'Sign in'}
            </a>
          </>
        )}
        {step === 'over' && (
          <>
            <p class="lead" role="alert">
              It was cut short on its way, perhaps. On your account page you can switch e-mail off too.
            </p>
            <a class="button primary login-button" href="/account">
              {user.value ? 'Go to your account' : 'Sign in'}
            </a>
          </>
        )}
      </div>
    </main>
  );
}

const headings: Record<Step, string> = {
  asking: 'No more e-mails?',
  sending: 'No more e-mails?',
  done: 'E-mail is off',
  over: 'This link does not work',
};
