import type { Choices } from '../../preferences/open.ts';
import type { Channel, Preferences } from '../../preferences/types.ts';
import { wordsFor } from '../../preferences/words.ts';
import { KindTile } from '../activity.tsx';
import { user } from '../session.ts';
import { NotSaved } from './NotSaved.tsx';
import { failuresIn } from './preferences.ts';

interface Props {
  choices: Choices;
  preferences: Preferences;
  hasEmail: boolean;
}

/** Of what, and by which channel. */
export function Types({ choices, preferences, hasEmail }: Props) {
  const role = user.value?.role ?? '';
  const change = (made: Pick<Channel, 'type'> & Partial<Channel>) =>
    void choices.change({ set: { channels: [made] } });
  return (
    <section class="card" aria-labelledby="types">
      <h2 id="types">What you are told of</h2>
      <table class="event-types">
        <thead>
          <tr>
            <th scope="col">When…</th>
            <th scope="col">Bell</th>
            <th scope="col">E-mail</th>
          </tr>
        </thead>
        <tbody>
          {preferences.channels.map(({ type, bell, email }) => {
            const words = wordsFor(type, role);
            return (
              <tr key={type}>
                <th scope="row">
                  <span class="event-type">
                    <KindTile type={type} />
                    {words}
                  </span>
                </th>
                <td>
                  <Box label={`${words}: bell`} on={bell} change={(on) => change({ type, bell: on })} />
                </td>
                <td>
                  <Box
                    label={`${words}: e-mail`}
                    on={email}
                    change={(on) => change({ type, email: on })}
                    disabled={!hasEmail}
                  />
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {!hasEmail && (
        <p class="quiet-line">E-mail is switched off above. What is chosen here counts when it is on.</p>
      )}
      {role === 'admin' && (
        <p class="quiet-line">You are told of the projects that you are a member of, not of all.</p>
      )}
      <NotSaved of={choices} failures={failuresIn('types', choices)} />
    </section>
  );
}

interface BoxProps {
  label: string;
  on: boolean;
  change: (on: boolean) => void;
  disabled?: boolean;
}

function Box({ label, on, change, disabled = false }: BoxProps) {
  return (
    <label class="event-box">
      <input
        type="checkbox"
        aria-label={label}
        checked={on}
        disabled={disabled}
        onChange={(event) => change(event.currentTarget.checked)}
      />
    </label>
  );
}
