import { Bell, BellOff } from 'lucide';
import { Icon } from '../../shared/icon.tsx';
import { NotSaved } from './NotSaved.tsx';
import { failuresIn, useChoices } from './preferences.ts';

/** Silences a project, or lets it be heard again. */
export function Mute({ project }: { project: string }) {
  const choices = useChoices();
  const preferences = choices.shown.value;
  const isMuted = preferences?.muted_projects.includes(project) ?? false;
  const change = () => void choices.change({ mute: { project, on: !isMuted } });
  return (
    <>
      <p class="mute" role="status">
        {isMuted && (
          <span>
            <Icon of={BellOff} size={16} />
            Muted: nothing new rings here.
          </span>
        )}
      </p>
      {preferences && (
        <button type="button" class="mute-button" onClick={change}>
          <Icon of={isMuted ? Bell : BellOff} size={16} />
          {isMuted ? 'Unmute this project' : 'Mute this project'}
        </button>
      )}
      <NotSaved of={choices} failures={failuresIn('muted', choices)} />
    </>
  );
}
