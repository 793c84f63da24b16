import { useLocation } from 'preact-iso';
import { isId } from '../../chat/ids.ts';
import * as api from '../../files/api.ts';
import type { PortalFile } from '../../files/types.ts';
import { Problem } from '../../shared/http.ts';
import { Shelf } from '../files/Shelf.tsx';
import { useClients } from '../issues/clients.ts';
import { notThere, ProjectFrame } from '../ProjectFrame.tsx';
import { useResource } from '../resource.ts';
import { Bones, FailedState } from '../states.tsx';
import { GonePage } from './NotFound.tsx';

/** What a deep link names: nothing, a file, or one that is not here. */
type Located = PortalFile | 'nothing' | 'gone';

export function FilesPage({ project }: { project: string }) {
  const { query } = useLocation();
  const focus = query.focus ?? '';
  const located = useResource<Located>(`file ${project} ${focus}`, () => locate(project, focus));
  const clients = useClients(project);
  if (located.state === 'ready' && located.value === 'gone') {
    return (
      <GonePage
        title="This file is not here"
        text="It was removed, or it never reached you. The link that led here may be old."
        back={{ href: `/projects/${encodeURIComponent(project)}/files`, text: 'All files of the project' }}
      />
    );
  }
  return (
    <ProjectFrame id={project} section="/files">
      {() => {
        const failed = [located, clients].find(({ state }) => state === 'failed');
        if (failed?.state === 'failed') return <FailedState problem={failed.problem} retry={failed.reload} />;
        if (located.state !== 'ready' || clients.state !== 'ready') return <Bones rows={6} />;
        const focused = typeof located.value === 'string' ? null : located.value;
        return <Shelf project={project} rooms={clients.value} focus={focused} />;
      }}
    </ProjectFrame>
  );
}

async function locate(project: string, focus: string): Promise<Located> {
  if (!focus) return 'nothing';
  if (!isId(focus)) return 'gone';
  try {
    const file = await api.file(focus);
    return file.project_id === project && file.shared_at !== null ? file : 'gone';
  } catch (error) {
    if (error instanceof Problem && notThere(error.status)) return 'gone';
    throw error;
  }
}
