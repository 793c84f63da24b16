import { Compass } from 'lucide';
import { Icon } from '../../shared/icon.tsx';
import { useTitle } from '../Shell.tsx';

interface GoneProps {
  title: string;
  text: string;
  back: { href: string; text: string };
}

/** A thing that is not there, or not for this person, says so on a page of its own. */
export function GonePage({ title, text, back }: GoneProps) {
  useTitle(title);
  return (
    <div class="page gone">
      <span class="tile large tint-amber">
        <Icon of={Compass} size={24} />
      </span>
      <h1 tabIndex={-1}>{title}</h1>
      <p class="lead">{text}</p>
      <a class="button primary" href={back.href}>
        {back.text}
      </a>
    </div>
  );
}

export function NotFoundPage() {
  return (
    <GonePage
      title="Page not found"
      text="There is nothing at this address. It may have moved, or a letter went missing on the way."
      back={{ href: '/projects', text: 'Go to your projects' }}
    />
  );
}
