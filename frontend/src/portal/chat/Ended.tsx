import { LogIn, ShieldX } from 'lucide';
import type { Ending } from '../../chat/link.ts';
import { endSession } from '../session.ts';
import { State } from '../states.tsx';

const words: Record<Ending, { heading: string; text: string }> = {
  access_gone: {
    heading: 'You no longer have access to this conversation',
    text: 'It was closed to you, or you are no longer part of the project.',
  },
  account_ended: {
    heading: 'You have been signed out',
    text: 'What you had begun to write is kept until you sign in again.',
  },
  signed_out: {
    heading: 'You have been signed out',
    text: 'What you had begun to write is kept until you sign in again.',
  },
  token_expired: {
    heading: 'Your sign-in has run out',
    text: 'What you had begun to write is kept until you sign in again.',
  },
};

/** The conversation is over for this person, and why. */
export function Ended({ ending, back }: { ending: Ending; back: string | null }) {
  const { heading, text } = words[ending];
  const canSignIn = ending !== 'access_gone';
  return (
    <section class="conversation" aria-label="Conversation">
      <State icon={canSignIn ? LogIn : ShieldX} tint="amber" heading={heading} alert>
        <p>{text}</p>
        {canSignIn && (
          <button type="button" class="button primary" onClick={endSession}>
            Sign in again
          </button>
        )}
        {!canSignIn && (
          <a class="button" href={back ?? '/projects'}>
            {back ? 'All conversations' : 'All projects'}
          </a>
        )}
      </State>
    </section>
  );
}
