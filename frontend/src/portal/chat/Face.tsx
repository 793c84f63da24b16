import { hueOf } from '../hue.ts';
import { initials } from '../Shell.tsx';

interface Props {
  person: { id: string; display_name: string };
  /** Shown as a dot; who cannot see it reads it elsewhere. */
  isOnline?: boolean;
}

/** Stands for a person, next to their name. */
export function Face({ person, isOnline = false }: Props) {
  return (
    <span class={`chat-face hue-${hueOf(person.id)}`} aria-hidden="true">
      {initials(person.display_name)}
      {isOnline && <span class="chat-face-dot" />}
    </span>
  );
}
