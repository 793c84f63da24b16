import { Inbox, ListChecks, ShieldQuestionMark } from 'lucide';
import { Icon } from '../../shared/icon.tsx';
import type { Task } from '../../tasks/types.ts';
import { nextOf, pendingOf, progressOf } from '../../tasks/words.ts';
import { Mute } from '../account/Mute.tsx';
import { ActivityRow } from '../activity.tsx';
import * as api from '../api.ts';
import { inboxVersion } from '../bell.ts';
import { Face } from '../chat/Face.tsx';
import { ProjectFrame } from '../ProjectFrame.tsx';
import { Progress } from '../progress.tsx';
import { useResource } from '../resource.ts';
import { Bones, FailedState, State } from '../states.tsx';
import { Due, taskHref } from '../tasks/marks.tsx';
import { isAsked, mayWork } from '../tasks/rights.ts';
import { useTasks } from '../tasks/use-tasks.ts';
import { WantedHere } from '../tasks/Wanted.tsx';
import { messagesText } from './Projects.tsx';

const shownNext = 6;

export function ProjectPage({ project: id }: { project: string }) {
  return (
    <ProjectFrame id={id} section="">
      {(project) => <Overview project={project} />}
    </ProjectFrame>
  );
}

function Overview({ project }: { project: api.Project }) {
  const list = useTasks(project.id);
  const tasks = list.tasks.value;
  return (
    <>
      {tasks && isAsked() && <WantedHere tasks={tasks} />}
      <section class="card facts" aria-label="At a glance">
        <div class="facts-progress">
          <h2>Progress</h2>
          <Progress of={tasks ? progressOf(tasks) : project.progress} />
        </div>
        <div>
          <h2>For you</h2>
          <p class="fact">{project.unread_count > 0 ? `${project.unread_count} unread` : 'Nothing unread'}</p>
          <Mute project={project.id} />
        </div>
        <div>
          <h2>Messages</h2>
          <p class="fact">
            <a href={`/projects/${encodeURIComponent(project.id)}/messages`}>
              {project.unread_messages > 0 ? messagesText(project.unread_messages) : 'Open messages'}
            </a>
          </p>
        </div>
      </section>
      <div class="overview">
        <section aria-labelledby="next">
          <h2 id="next">Next tasks</h2>
          {!tasks && list.problem.value && (
            <FailedState problem={list.problem.value} retry={() => void list.refresh()} />
          )}
          {!tasks && !list.problem.value && <Bones rows={3} />}
          {tasks && <Next project={project.id} tasks={tasks} />}
        </section>
        <Recent id={project.id} />
      </div>
    </>
  );
}

function Next({ project, tasks }: { project: string; tasks: readonly Task[] }) {
  const next = nextOf(tasks, shownNext);
  const all = `/projects/${encodeURIComponent(project)}/tasks`;
  if (next.length === 0) {
    return (
      <State
        icon={ListChecks}
        tint={tasks.length > 0 ? 'green' : 'grey'}
        heading={tasks.length > 0 ? 'All tasks are done' : 'No tasks yet'}
      >
        {mayWork() && <a href={all}>{tasks.length > 0 ? 'Plan what comes next' : 'Plan the first one'}</a>}
      </State>
    );
  }
  return (
    <>
      <ul class="rows next-tasks">
        {next.map((task) => (
          <li key={task.id}>
            <NextTask task={task} />
          </li>
        ))}
      </ul>
      <p class="part-end">
        <a href={all}>All tasks</a>
      </p>
    </>
  );
}

function NextTask({ task }: { task: Task }) {
  const isWaiting = pendingOf(task).length > 0;
  return (
    <a class="row next-task" href={taskHref(task)}>
      <span class="row-main">
        <span class="row-title" dir="auto">
          {task.title}
        </span>
        <span class="next-marks">
          {task.status === 'in_progress' && <span class="mark-badge tint-blue">In progress</span>}
          {isWaiting && (
            <span class="mark-badge tint-amber">
              <Icon of={ShieldQuestionMark} size={14} />
              Waiting for approval
            </span>
          )}
          <Due task={task} />
          {task.due_on === null && <span>No date yet</span>}
        </span>
      </span>
      {task.assignee && (
        <span class="task-assignee" title={`Assigned to ${task.assignee.display_name}`}>
          <Face person={task.assignee} />
          <span class="visually-hidden">Assigned to {task.assignee.display_name}</span>
        </span>
      )}
    </a>
  );
}

function Recent({ id }: { id: string }) {
  const recent = useResource(
    `recent ${id}`,
    () => api.notificationsAbout({ project_id: id }, '', 10),
    inboxVersion.value,
  );
  return (
    <section aria-labelledby="recent">
      <h2 id="recent">Recent activity</h2>
      {recent.state === 'loading' && <Bones rows={4} />}
      {recent.state === 'failed' && <FailedState problem={recent.problem} retry={recent.reload} />}
      {recent.state === 'ready' && recent.value.items.length === 0 && (
        <State icon={Inbox} heading="Quiet so far">
          <p>What happens in this project, and is meant for you, appears here.</p>
        </State>
      )}
      {recent.state === 'ready' && recent.value.items.length > 0 && (
        <ul class="rows">
          {recent.value.items.map((item) => (
            <ActivityRow key={item.id} item={item} />
          ))}
        </ul>
      )}
    </section>
  );
}
