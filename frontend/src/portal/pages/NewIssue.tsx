import { Lock } from 'lucide';
import { useLocation } from 'preact-iso';
import type { Room } from '../../chat/types.ts';
import { useClients } from '../issues/clients.ts';
import { IssueForm } from '../issues/IssueForm.tsx';
import { mayRaise } from '../issues/rights.ts';
import { notThere } from '../ProjectFrame.tsx';
import { Page } from '../Shell.tsx';
import { user } from '../session.ts';
import { Bones, FailedState, State } from '../states.tsx';
import { GonePage } from './NotFound.tsx';

export function NewIssuePage({ project }: { project: string }) {
  const { query } = useLocation();
  const all = `/projects/${encodeURIComponent(project)}/issues`;
  const rooms = useClients(project);
  if (!mayRaise() || (rooms.state === 'failed' && notThere(rooms.problem.status))) {
    return (
      <GonePage
        title="Nothing to raise here"
        text="Issues and requirements are raised by the clients of a project."
        back={{ href: all, text: 'All issues of the project' }}
      />
    );
  }
  const isRequirement = query.kind === 'requirement';
  return (
    <Page
      title={isRequirement ? 'New requirement' : 'New issue'}
      back={{ href: all, text: 'Issues' }}
      lead="The project’s team is told at once, and you see here what becomes of it."
      narrow
    >
      {rooms.state === 'loading' && <Bones rows={4} />}
      {rooms.state === 'failed' && <FailedState problem={rooms.problem} retry={rooms.reload} />}
      {rooms.state === 'ready' && (
        <Form
          project={project}
          rooms={rooms.value.filter(isWithin)}
          kind={isRequirement ? 'requirement' : 'issue'}
        />
      )}
    </Page>
  );
}

function Form({ project, rooms, kind }: { project: string; rooms: Room[]; kind: 'issue' | 'requirement' }) {
  if (rooms.length === 0) {
    return (
      <State icon={Lock} heading="There is no client to raise it for">
        <p>Issues belong to a client of the project. As soon as there is one, they can be raised.</p>
      </State>
    );
  }
  return <IssueForm project={project} rooms={rooms} kind={kind} />;
}

/** A client raises for themself only, an admin for any client who is still there. */
function isWithin(room: Room): boolean {
  return room.is_open && (user.value?.role === 'admin' || room.client.id === user.value?.id);
}
