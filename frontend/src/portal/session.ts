import { signal } from '@preact/signals';
import { forgetKept } from '../chat/kept.ts';
import { forgetRooms } from '../chat/open.ts';
import { Problem } from '../shared/http.ts';
import * as api from './api.ts';
import { forgetAnswers } from './resource.ts';

/** `undefined` while it is not known yet, `null` when nobody is signed in. */
export const user = signal<api.User | null | undefined>(undefined);
/** Why nobody knows who is signed in. */
export const startProblem = signal<Problem | null>(null);

type Word = { kind: 'signed_in'; id: string } | { kind: 'signed_out' };

const tabs = new BroadcastChannel('portal-session');

tabs.addEventListener('message', ({ data }: MessageEvent<Word>) => {
  if (data.kind === 'signed_out') leave();
  // All tabs share one cookie: a tab that still shows somebody else would show the wrong inbox.
  else if (data.id !== user.value?.id) location.reload();
});

export async function startSession(): Promise<void> {
  startProblem.value = null;
  try {
    user.value = await api.me();
  } catch (error) {
    const problem = error instanceof Problem ? error : new Problem(0);
    if (problem.status === 401) user.value = null;
    else startProblem.value = problem;
  }
}

export async function signIn(email: string, password: string): Promise<void> {
  const answer = await api.login(email, password);
  forgetAnswers();
  forgetKept(answer.user.id);
  user.value = answer.user;
  tell({ kind: 'signed_in', id: answer.user.id });
}

export async function signOut(): Promise<void> {
  await api.logout();
  tell({ kind: 'signed_out' });
  leave();
}

/** Signed out on purpose: nothing that was written stays on this machine. */
function leave(): void {
  forgetKept();
  endSession();
}

/** The server no longer knows this browser: the sign-in page is all there is to show. */
export function endSession(): void {
  forgetAnswers();
  forgetRooms();
  user.value = null;
}

function tell(word: Word): void {
  tabs.postMessage(word);
}
