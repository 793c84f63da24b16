import { useRef } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { ProjectFrame } from '../ProjectFrame.tsx';
import { Bones, FailedState } from '../states.tsx';
import { Board } from '../tasks/Board.tsx';
import { PartHere } from '../tasks/rights.ts';
import { useTasks } from '../tasks/use-tasks.ts';
import { GonePage } from './NotFound.tsx';

export function TasksPage({ project }: { project: string }) {
  const { query } = useLocation();
  const focus = query.focus ?? '';
  const list = useTasks(project);
  const tasks = list.tasks.value;
  const problem = list.problem.value;
  const hasIt = tasks?.some(({ id }) => id === focus) ?? false;
  // One that was here goes from the list like any other; the page stays.
  const lastSeen = useRef('');
  if (hasIt) lastSeen.current = focus;
  if (focus && tasks && !problem && lastSeen.current !== focus) {
    return (
      <GonePage
        title="This task is not here"
        text="It was deleted, or it never reached you. The link that led here may be old."
        back={{ href: `/projects/${encodeURIComponent(project)}/tasks`, text: 'All tasks of the project' }}
      />
    );
  }
  return (
    <ProjectFrame id={project} section="/tasks">
      {({ role }) => {
        if (problem) return <FailedState problem={problem} retry={() => void list.refresh()} />;
        if (!tasks) return <Bones rows={6} />;
        return (
          <PartHere value={role}>
            <Board key={project} project={project} list={list} tasks={tasks} focus={focus} />
          </PartHere>
        );
      }}
    </ProjectFrame>
  );
}
