import type { ComponentType } from 'preact';
import { useEffect } from 'preact/hooks';
import { LocationProvider, Route, Router, useLocation } from 'preact-iso';
import { AdminEntrance, ToAccounts } from '../admin/Entrance.tsx';
import { AccountPage } from './account/AccountPage.tsx';
import { mayPass, useRetry } from './connection.ts';
import { FilesPage } from './pages/Files.tsx';
import { IssuePage } from './pages/Issue.tsx';
import { IssuesPage } from './pages/Issues.tsx';
import { LoginPage } from './pages/Login.tsx';
import { MessagesPage } from './pages/Messages.tsx';
import { NewIssuePage } from './pages/NewIssue.tsx';
import { NotFoundPage } from './pages/NotFound.tsx';
import { ProjectPage } from './pages/Project.tsx';
import { ProjectsPage } from './pages/Projects.tsx';
import { SearchPage } from './pages/Search.tsx';
import { SetPasswordPage } from './pages/SetPassword.tsx';
import { TasksPage } from './pages/Tasks.tsx';
import { UnsubscribePage } from './pages/Unsubscribe.tsx';
import { BarePage, isAdmin, Shell } from './Shell.tsx';
import { startProblem, startSession, user } from './session.ts';
import { FailedState } from './states.tsx';

/** Links outside of these (files below /static, say) are the browser's to follow. */
const pages = /^\/(projects|account|login|set-password|unsubscribe|admin)?([/?#]|$)/;

export function App() {
  return (
    <LocationProvider scope={pages}>
      <Screens />
    </LocationProvider>
  );
}

const adminRoutes = [
  <Route key="admin" path="/admin" component={ToAccounts} />,
  <Route key="admin pages" path="/admin/*" component={AdminEntrance} />,
];

function Screens() {
  const { path } = useLocation();
  useRetry(mayPass(startProblem.value), () => void startSession());
  if (startProblem.value) {
    return (
      <BarePage title="No answer">
        <FailedState problem={startProblem.value} retry={() => void startSession()} />
      </BarePage>
    );
  }
  if (path === '/login') return <LoginPage />;
  if (path === '/set-password') return <SetPasswordPage />;
  if (path === '/unsubscribe') return <UnsubscribePage />;
  if (user.value === undefined) return <Shell waiting />;
  if (user.value === null) return <ToLogin />;
  return (
    <Shell>
      <Router>
        <Route path="/" component={ToProjects} />
        <Route path="/projects" component={ProjectsPage} />
        <Route path="/projects/:project" component={ProjectPage as ComponentType} />
        <Route path="/projects/:project/messages" component={MessagesPage as ComponentType} />
        <Route path="/projects/:project/tasks" component={TasksPage as ComponentType} />
        <Route path="/projects/:project/files" component={FilesPage as ComponentType} />
        <Route path="/projects/:project/issues" component={IssuesPage as ComponentType} />
        <Route path="/projects/:project/issues/new" component={NewIssuePage as ComponentType} />
        <Route path="/projects/:project/issues/:issue" component={IssuePage as ComponentType} />
        <Route path="/projects/:project/search" component={SearchPage as ComponentType} />
        <Route path="/account" component={AccountPage} />
        {isAdmin() ? adminRoutes : []}
        <Route default component={NotFoundPage} />
      </Router>
    </Shell>
  );
}

function ToLogin() {
  const { route, url } = useLocation();
  useEffect(() => {
    const next = url === '/' || url === '/projects' ? '' : `?${new URLSearchParams({ next: url })}`;
    route(`/login${next}`, true);
  }, []);
  return <Shell waiting />;
}

function ToProjects() {
  const { route } = useLocation();
  useEffect(() => route('/projects', true), []);
  return null;
}
