import { FolderOpen, Lock, Upload } from 'lucide';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Room } from '../../chat/types.ts';
import { filesOf } from '../../files/api.ts';
import { uploaded, uploadsTo } from '../../files/open.ts';
import { isPicture } from '../../files/pictures.ts';
import type { PortalFile } from '../../files/types.ts';
import { countText } from '../../files/words.ts';
import { Icon } from '../../shared/icon.tsx';
import { useChanges } from '../live.ts';
import { user } from '../session.ts';
import { useFilters } from '../ui/filters.ts';
import { Listed, useListing } from '../ui/Listed.tsx';
import { ChooseClient } from './ChooseClient.tsx';
import { useDrop, usePaste } from './choose.ts';
import { FileRow } from './FileRow.tsx';
import { PickButton } from './PickButton.tsx';
import { Preview, usePreview } from './Preview.tsx';
import { Seen } from './Seen.tsx';
import { UploadList } from './UploadList.tsx';

/** So many files are looked through for the one a deep link names. */
const mostSought = 300;

interface Props {
  project: string;
  rooms: readonly Room[];
  /** The file that a deep link names. */
  focus: PortalFile | null;
}

/** The files of a project that one reaches, and the way to add to them. */
export function Shelf({ project, rooms, focus }: Props) {
  const [filters, filter] = useFilters('room', 'focus');
  const hasChoice = rooms.length > 1;
  const room = filters.room || (hasChoice && focus ? focus.room_id : '');
  const shown = rooms.filter(({ id }) => !room || id === room);
  const targets = shown.filter(({ is_open: isOpen }) => isOpen);
  const [asked, setAsked] = useState<File[] | null>(null);
  const picker = useRef<HTMLButtonElement>(null);

  const take = (files: File[]) => {
    const [first, ...others] = targets;
    if (files.length === 0 || !first) return;
    if (others.length > 0) setAsked(files);
    else uploadsTo(first.id).add(files);
  };
  const isOver = useDrop(targets.length > 0 ? take : null);
  usePaste(targets.length > 0 && asked === null ? take : null);

  const whose = room ? shown[0]?.client.display_name : undefined;
  return (
    <section aria-label="Files">
      <div class="files-bar">
        {hasChoice && (
          <select
            aria-label="Client"
            value={room}
            onChange={({ currentTarget }) => filter({ room: currentTarget.value, focus: '' })}
          >
            <option value="">All clients</option>
            {rooms.map(({ id, client }) => (
              <option key={id} value={id}>
                {client.display_name}
              </option>
            ))}
          </select>
        )}
        {targets.length > 0 && (
          <>
            <p class="files-hint">Drop files anywhere on this page, or paste them.</p>
            <PickButton take={take} icon={Upload} class="button primary" button={picker}>
              Upload files
            </PickButton>
          </>
        )}
        {targets.length === 0 && shown.length > 0 && (
          <p class="files-hint">
            <Icon of={Lock} size={14} /> Nothing can be added any more: the client has left the project.
          </p>
        )}
      </div>
      {shown.map(({ id, client }) => (
        <OnTheirWay
          key={id}
          room={id}
          name={hasChoice ? client.display_name : null}
          refocus={() => picker.current?.focus()}
        />
      ))}
      <Listing project={project} room={room} focus={focus} showsClient={hasChoice && !room} rooms={rooms} />
      {isOver && (
        <p class="drop-veil">
          <span>
            <Icon of={Upload} size={24} />
            {whose ? `Drop to share with ${whose}` : 'Drop to upload'}
          </span>
        </p>
      )}
      {asked && (
        <ChooseClient
          count={asked.length}
          rooms={targets}
          chosen={(id) => uploadsTo(id).add(asked)}
          closed={() => setAsked(null)}
        />
      )}
    </section>
  );
}

function OnTheirWay({ room, name, refocus }: { room: string; name: string | null; refocus: () => void }) {
  const uploads = uploadsTo(room);
  if (uploads.entries.value.length === 0) return null;
  return (
    <div class="uploading">
      {name !== null && (
        <h2>
          To <bdi>{name}</bdi>
        </h2>
      )}
      <UploadList uploads={uploads} refocus={refocus} />
    </div>
  );
}

interface ListingProps {
  project: string;
  room: string;
  focus: PortalFile | null;
  showsClient: boolean;
  rooms: readonly Room[];
}

function Listing({ project, room, focus, showsClient, rooms }: ListingProps) {
  const listing = useListing<PortalFile>(
    `files ${project} ${room}`,
    (cursor, limit) => filesOf(project, room, cursor, limit),
    ({ id }) => id,
  );
  const changes = useChanges(project, 'file');
  const own = uploaded.value;
  useEffect(() => {
    if (changes > 0 || own?.project_id === project) void listing.refresh();
  }, [changes, own]);
  const preview = usePreview();
  const [opened, setOpened] = useState<string | null>(null);

  const { items, status, more, next } = listing.view.value;
  const isFound = focus === null || items.some(({ id }) => id === focus.id);
  const goesOn = next !== null && items.length < mostSought;
  useEffect(() => {
    if (!isFound && goesOn && status === 'ready' && more === 'idle') void listing.loadMore();
  }, [isFound, goesOn, status, more, items.length]);

  const clientOf = (file: PortalFile) =>
    showsClient ? (rooms.find(({ id }) => id === file.room_id)?.client.display_name ?? null) : null;
  const row = (file: PortalFile) => (
    <FileRow
      key={file.id}
      file={file}
      client={clientOf(file)}
      isOwn={file.uploader.id === user.value?.id}
      isTarget={file.id === focus?.id}
      open={() => preview.open(file.id)}
      opened={() => setOpened(file.id)}
    />
  );
  const lost = focus !== null && !isFound && status === 'ready' && !goesOn ? focus : null;
  const pictures = (lost ? [lost, ...items] : items).filter(isPicture);
  return (
    <>
      {focus && <Seen key={focus.id} id={focus.id} />}
      {opened && opened !== focus?.id && <Seen key={opened} id={opened} />}
      {lost && (
        <section class="told-of" aria-labelledby="told-of">
          <h2 id="told-of">The file you were told of</h2>
          <ul class="rows">{row(lost)}</ul>
        </section>
      )}
      <Listed
        listing={listing}
        count={(shown, hasMore) => `${countText(shown)}${hasMore ? ' or more' : ''}`}
        empty={{
          icon: FolderOpen,
          heading: 'No files yet',
          text: 'Plans, pictures and documents that are shared in this project appear here.',
        }}
      >
        {(files) => <ul class="rows">{files.map(row)}</ul>}
      </Listed>
      <Preview of={preview} pictures={pictures} seen={({ id }) => setOpened(id)} />
    </>
  );
}
