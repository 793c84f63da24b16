import type { ComponentType } from 'preact';
import { Route, Router } from 'preact-iso';
import { NotFoundPage } from '../portal/pages/NotFound.tsx';
import { AccountPage } from './pages/Account.tsx';
import { AccountsPage } from './pages/Accounts.tsx';
import { AuditPage } from './pages/Audit.tsx';
import { LetterPage } from './pages/Letter.tsx';
import { MailPage } from './pages/Mail.tsx';
import { NewAccountPage } from './pages/NewAccount.tsx';
import { ProjectPage } from './pages/Project.tsx';
import { ProjectsPage } from './pages/Projects.tsx';
import { RoomsPage } from './pages/Rooms.tsx';
import { SuppressionsPage } from './pages/Suppressions.tsx';

/** Everything below /admin/; the paths are what follows it. */
export function AdminPages() {
  return (
    <Router>
      <Route path="/accounts" component={AccountsPage} />
      <Route path="/accounts/new" component={NewAccountPage} />
      <Route path="/accounts/:user" component={AccountPage as ComponentType} />
      <Route path="/projects" component={ProjectsPage} />
      <Route path="/projects/:project" component={ProjectPage as ComponentType} />
      <Route path="/rooms" component={RoomsPage} />
      <Route path="/mail" component={MailPage} />
      <Route path="/mail/suppressions" component={SuppressionsPage} />
      <Route path="/mail/:email" component={LetterPage as ComponentType} />
      <Route path="/audit" component={AuditPage} />
      <Route default component={NotFoundPage} />
    </Router>
  );
}
