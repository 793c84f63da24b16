import { Page } from '../Shell.tsx';
import { user } from '../session.ts';
import { Bones, FailedState } from '../states.tsx';
import { Channels } from './Channels.tsx';
import { Muted } from './Muted.tsx';
import { PasswordCard } from './Password.tsx';
import { useChoices, useSwitches } from './preferences.ts';
import { Times } from './Times.tsx';
import { Types } from './Types.tsx';

export function AccountPage() {
  const person = user.value;
  return (
    <Page
      title="Account"
      back={{ href: '/projects', text: 'Projects' }}
      lead={[person?.display_name, person?.email].filter(Boolean).join(' · ')}
      narrow
    >
      <Told />
      <PasswordCard />
    </Page>
  );
}

function Told() {
  const switches = useSwitches();
  const choices = useChoices();
  const settings = switches.shown.value;
  const preferences = choices.shown.value;
  const problem = switches.problem.value ?? choices.problem.value;
  if (!settings || !preferences) {
    const retry = () => {
      void switches.load();
      void choices.load();
    };
    return (
      <section class="card" aria-labelledby="told">
        <h2 id="told">How you are told</h2>
        {problem ? <FailedState problem={problem} retry={retry} /> : <Bones rows={3} />}
      </section>
    );
  }
  return (
    <>
      <Channels switches={switches} settings={settings} />
      <Types choices={choices} preferences={preferences} hasEmail={settings.email_enabled} />
      <Times choices={choices} preferences={preferences} settings={settings} />
      <Muted choices={choices} preferences={preferences} />
    </>
  );
}
