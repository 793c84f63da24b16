import { effect } from '@preact/signals';
import { render } from 'preact';
import '../shared/tokens.css';
import './styles/base.css';
import './styles/shell.css';
import './styles/pages.css';
import './styles/ui.css';
import './styles/admin.css';
import './styles/mail.css';
import './styles/files.css';
import './styles/chat.css';
import './styles/messages.css';
import './styles/issues.css';
import './styles/search.css';
import './styles/task-forms.css';
import './styles/approvals.css';
import './styles/tasks.css';
import './styles/account.css';
import { listenToUploads } from '../files/open.ts';
import { push } from '../push/open.ts';
import { App } from './App.tsx';
import { listenToBell } from './bell.ts';
import { listenToNetwork } from './connection.ts';
import { endSession, startSession, user } from './session.ts';

listenToNetwork();
listenToBell();
listenToUploads(endSession);
effect(() => {
  if (user.value) void push.resume(user.value.id);
});
void startSession();

const root = document.getElementById('portal');
if (root) render(<App />, root);
