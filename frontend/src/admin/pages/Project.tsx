import { MessagesSquare, UserMinus, Users } from 'lucide';
import { useRef, useState } from 'preact/hooks';
import { project as projectOf } from '../../portal/api.ts';
import { notThere } from '../../portal/ProjectFrame.tsx';
import { GonePage } from '../../portal/pages/NotFound.tsx';
import { useResource } from '../../portal/resource.ts';
import { Page } from '../../portal/Shell.tsx';
import { endSession } from '../../portal/session.ts';
import { Bones, FailedState } from '../../portal/states.tsx';
import { Combobox } from '../../portal/ui/Combobox.tsx';
import { Confirm } from '../../portal/ui/Confirm.tsx';
import { Field } from '../../portal/ui/Field.tsx';
import { Listed, useListing } from '../../portal/ui/Listed.tsx';
import { Problem } from '../../shared/http.ts';
import { Icon } from '../../shared/icon.tsx';
import type { Listing } from '../../shared/listing.ts';
import { refusalOf } from '../../shared/refusal.ts';
import * as api from '../api.ts';
import { Face } from '../people.tsx';
import { counted, partsOf, partTitles, roleTitles, shortId } from '../words.ts';
import { RoomRow } from './Rooms.tsx';

const back = { href: '/admin/projects', text: 'All projects' };

export function ProjectPage({ project: id }: { project: string }) {
  return <OneProject key={id} id={id} />;
}

function OneProject({ id }: { id: string }) {
  const project = useResource(`project ${id}`, () => projectOf(id));
  if (project.state === 'failed' && notThere(project.problem.status)) {
    return <GonePage title="No such project" text="It was removed, or never was." back={back} />;
  }
  if (project.state !== 'ready') {
    return (
      <Page title="Project" back={back}>
        {project.state === 'loading' && <Bones rows={5} />}
        {project.state === 'failed' && <FailedState problem={project.problem} retry={project.reload} />}
      </Page>
    );
  }
  return (
    <Page
      title={project.value.name}
      tabTitle={`Members · ${project.value.name}`}
      back={back}
      lead={<a href={`/projects/${id}`}>Open the project</a>}
    >
      <Members project={id} />
      <Rooms project={id} />
    </Page>
  );
}

function Members({ project }: { project: string }) {
  const members = useListing(
    `members ${project}`,
    (cursor, limit) => api.members(project, cursor, limit),
    (member) => member.user_id,
  );
  const rooms = useRooms(project);
  const [said, setSaid] = useState('');
  const [removing, setRemoving] = useState<api.Member | null>(null);
  const heading = useRef<HTMLHeadingElement>(null);

  const changed = async (words: string) => {
    setSaid(words);
    await members.refresh();
    // A client brings a room, or closes one by leaving.
    void rooms.refresh();
  };

  return (
    <section class="part" aria-labelledby="members">
      <h2 id="members" ref={heading} tabIndex={-1}>
        Members
      </h2>
      <AddMember project={project} members={members} added={changed} />
      <p class="done" role="status">
        {said}
      </p>
      <Listed
        listing={members}
        count={(shown, hasMore) => `${counted(shown, 'member')} shown${hasMore ? ', there are more' : ''}`}
        empty={{ icon: Users, heading: 'Nobody is in this project yet', text: 'Add the first person above.' }}
      >
        {(items) => (
          <ul class="rows">
            {items.map((member) => (
              <MemberRow
                key={member.user_id}
                project={project}
                member={member}
                changed={changed}
                remove={() => setRemoving(member)}
              />
            ))}
          </ul>
        )}
      </Listed>
      {removing && (
        <Confirm
          title={`Remove ${nameOf(removing)}?`}
          action="Remove"
          doing="Removing…"
          danger
          run={async () => {
            await api.removeMember(project, removing.user_id);
            await changed(`${nameOf(removing)} is no longer in this project.`);
          }}
          closed={() => {
            setRemoving(null);
            // The button that asked is gone with its row.
            if (document.activeElement === document.body) heading.current?.focus();
          }}
        >
          <p>
            {nameOf(removing)} stops seeing this project at once, on every device.
            {removing.role === 'client' &&
              ' Their room is closed: its history stays readable for the team, and nobody can write in it.'}
          </p>
        </Confirm>
      )}
    </section>
  );
}

interface AddProps {
  project: string;
  members: Listing<api.Member>;
  added: (words: string) => Promise<void>;
}

function AddMember({ project, members, added }: AddProps) {
  const [text, setText] = useState('');
  const [account, setAccount] = useState<api.Account | null>(null);
  const [role, setRole] = useState<api.MemberRole>('client');
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState('');
  const found = useRef(new Map<string, api.Account>());
  const form = useRef<HTMLFormElement>(null);
  const parts = account ? partsOf[account.role] : [];

  const suggest = async (q: string) => {
    const page = await api.accounts({ q, is_active: 'true' }, '', 10);
    found.current = new Map(page.items.map((item) => [item.user_id, item]));
    const known = new Set(members.view.value.items.map(({ user_id }) => user_id));
    return page.items
      .filter(({ user_id }) => !known.has(user_id))
      .map((item) => ({
        id: item.user_id,
        text: item.display_name,
        detail: `${item.email} · ${roleTitles[item.role]}`,
      }));
  };

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (!account) return setRefused('Choose somebody from the suggestions.');
    setBusy(true);
    setRefused('');
    try {
      await api.putMember(project, account.user_id, role);
      setText('');
      setAccount(null);
      await added(`${account.display_name} is in this project now, as ${partTitles[role].toLowerCase()}.`);
      form.current?.querySelector('input')?.focus();
    } catch (error) {
      if (error instanceof Problem && error.status === 401) return endSession();
      setRefused(refusalOf(error, []).rest);
    }
    setBusy(false);
  };

  return (
    <form ref={form} class="add-member" onSubmit={(event) => void submit(event)}>
      <Combobox
        name="new-member"
        label="Add a member"
        placeholder="Name or e-mail"
        error={refused}
        text={text}
        change={(typed) => {
          setText(typed);
          setAccount(null);
          setRefused('');
        }}
        pick={({ id, text: name }) => {
          const picked = found.current.get(id) ?? null;
          setText(name);
          setAccount(picked);
          setRefused('');
          if (picked) setRole(partsOf[picked.role][0] ?? 'client');
        }}
        suggest={suggest}
        none="Nobody who could be added has such a name."
      />
      {parts.length > 0 && (
        <Field name="new-member-role" label="As">
          {(attributes) =>
            parts.length > 1 ? (
              <select
                {...attributes}
                value={role}
                onChange={(event) => setRole(event.currentTarget.value as api.MemberRole)}
              >
                {parts.map((part) => (
                  <option key={part} value={part}>
                    {partTitles[part]}
                  </option>
                ))}
              </select>
            ) : (
              <output {...attributes} class="fixed-part">
                {partTitles[role]}
              </output>
            )
          }
        </Field>
      )}
      <button type="submit" class="button primary" disabled={busy}>
        {busy ? 'Adding…' : 'Add'}
      </button>
    </form>
  );
}

interface MemberRowProps {
  project: string;
  member: api.Member;
  changed: (words: string) => Promise<void>;
  remove: () => void;
}

function MemberRow({ project, member, changed, remove }: MemberRowProps) {
  const [wanted, setWanted] = useState<api.MemberRole | null>(null);
  const [refused, setRefused] = useState('');
  const name = nameOf(member);
  const isOfHost = member.source === 'host';
  const parts = member.account_role && !isOfHost ? partsOf[member.account_role] : [];

  const change = async (role: api.MemberRole) => {
    setWanted(role);
    setRefused('');
    try {
      await api.putMember(project, member.user_id, role);
      await changed(`${name} is ${partTitles[role].toLowerCase()} in this project now.`);
    } catch (error) {
      if (error instanceof Problem && error.status === 401) return endSession();
      setRefused(refusalOf(error, []).rest);
    }
    setWanted(null);
  };

  return (
    <li class="row person still member">
      <Face id={member.user_id} name={name} isActive={member.is_active === true} />
      <span class="person-name">
        {member.display_name ? (
          <a
            href={`/admin/accounts/${member.user_id}`}
            class="two-lines"
            dir="auto"
            title={member.display_name}
          >
            {member.display_name}
          </a>
        ) : (
          <strong>{name}</strong>
        )}
        <span>{member.email ?? 'No account here: cannot sign in'}</span>
        {isOfHost && <span>Assigned in the project-management app, and changed there.</span>}
        {refused && (
          <span class="field-error" role="alert">
            {refused}
          </span>
        )}
      </span>
      <span class="member-end">
        {member.is_active === false && <span class="badge off">Deactivated</span>}
        {isOfHost && <span class="badge">From the host</span>}
        {parts.length > 1 ? (
          <select
            aria-label={`Part of ${name}`}
            disabled={wanted !== null}
            value={wanted ?? member.role}
            onChange={(event) => void change(event.currentTarget.value as api.MemberRole)}
          >
            {parts.map((part) => (
              <option key={part} value={part}>
                {partTitles[part]}
              </option>
            ))}
          </select>
        ) : (
          <span class="member-part">{partTitles[member.role]}</span>
        )}
        {isOfHost ? (
          <span class="remove-place" />
        ) : (
          <button
            type="button"
            class="row-button"
            aria-label={`Remove ${name}`}
            title="Remove"
            onClick={remove}
          >
            <Icon of={UserMinus} size={18} />
          </button>
        )}
      </span>
    </li>
  );
}

function nameOf(member: api.Member): string {
  return member.display_name ?? `User ${shortId(member.user_id)}`;
}

function useRooms(project: string): Listing<api.Room> {
  return useListing(
    `rooms of ${project}`,
    (cursor, limit) => api.roomsOf(project, cursor, limit),
    (room) => room.id,
  );
}

function Rooms({ project }: { project: string }) {
  const rooms = useRooms(project);
  return (
    <section class="part" aria-labelledby="rooms">
      <h2 id="rooms">Rooms</h2>
      <Listed
        listing={rooms}
        count={(shown, hasMore) => `${counted(shown, 'room')} shown${hasMore ? ', there are more' : ''}`}
        empty={{
          icon: MessagesSquare,
          heading: 'No rooms yet',
          text: 'Each client of the project has one, from the moment they are added.',
        }}
      >
        {(items) => (
          <ul class="rows">
            {items.map((room) => (
              <RoomRow key={room.id} room={room} inProject />
            ))}
          </ul>
        )}
      </Listed>
    </section>
  );
}
