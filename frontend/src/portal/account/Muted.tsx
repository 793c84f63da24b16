import { useRef } from 'preact/hooks';
import type { Choices } from '../../preferences/open.ts';
import type { Preferences } from '../../preferences/types.ts';
import * as api from '../api.ts';
import { useResource } from '../resource.ts';
import { NotSaved } from './NotSaved.tsx';
import { failuresIn } from './preferences.ts';

interface Props {
  choices: Choices;
  preferences: Preferences;
}

/** The projects that are silent. */
export function Muted({ choices, preferences }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  const muted = preferences.muted_projects;
  const unmute = (project: string) => {
    // Its button goes with it.
    heading.current?.focus();
    void choices.change({ mute: { project, on: false } });
  };
  return (
    <section class="card" aria-labelledby="muted">
      <h2 ref={heading} id="muted" tabIndex={-1}>
        Muted projects
      </h2>
      {muted.length === 0 && (
        <p class="quiet-line">
          None. You can mute a project on its own page; then nothing that happens there rings or is sent to
          you.
        </p>
      )}
      {muted.length > 0 && (
        <ul class="muted-projects">
          {muted.map((id) => (
            <li key={id}>
              <MutedProject id={id} unmute={() => unmute(id)} />
            </li>
          ))}
        </ul>
      )}
      <NotSaved of={choices} failures={failuresIn('muted', choices)} />
    </section>
  );
}

function MutedProject({ id, unmute }: { id: string; unmute: () => void }) {
  const project = useResource(`project ${id}`, () => api.project(id));
  const name =
    project.state === 'ready' ? project.value.name : project.state === 'failed' ? 'A project' : '…';
  return (
    <>
      <a href={`/projects/${encodeURIComponent(id)}`} dir="auto">
        {name}
      </a>
      <button type="button" class="button" aria-label={`Unmute ${name}`} onClick={unmute}>
        Unmute
      </button>
    </>
  );
}
