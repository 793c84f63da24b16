import { signal } from '@preact/signals';
import { forgetKept } from '../chat/kept.ts';
import { forgetRooms } from '../chat/open.ts';
import { forgetUploads } from '../files/open.ts';
import { forgetPreferences } from '../preferences/open.ts';
import { push } from '../push/open.ts';
import { Problem } from '../shared/http.ts';
import { forgetTasks } from '../tasks/open.ts';
import * as api from './api.ts';
import { isSwitchedOff, loginNotice, noticeOf } from './notice.ts';
import { forgetAnswers } from './resource.ts';

/** `undefined` while it is not known yet, `null` when nobody is signed in. */
export const user = signal<api.User | null | undefined>(undefined);
/** Why nobody knows who is signed in. */
export const startProblem = signal<Problem | null>(null);

/** Counts the ends of sign-ins: what led to an earlier one is of no interest. */
let endings = 0;
let isLeaving = false;

/** Nobody waits longer for a push service when they want to leave. */
const longestFarewellMs = 3_000;

type Word = { kind: 'signed_in'; id: string } | { kind: 'signed_out' };

const tabs = new BroadcastChannel('portal-session');

tabs.addEventListener('message', ({ data }: MessageEvent<Word>) => {
  if (data.kind === 'signed_out') leave();
  // All tabs share one cookie: a tab that still shows somebody else would show the wrong inbox.
  else if (data.id !== user.value?.id) {
    forgetRooms();
    forgetKept(data.id);
    location.reload();
  }
});

export async function startSession(): Promise<void> {
  startProblem.value = null;
  try {
    user.value = await api.me();
  } catch (error) {
    const problem = error instanceof Problem ? error : new Problem(0);
    if (problem.status === 401) {
      user.value = null;
      if (isSwitchedOff(problem)) loginNotice.value = { text: noticeOf(problem), isGood: false };
    } else {
      startProblem.value = problem;
    }
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
  // The server may tell the streams of it before it answers.
  isLeaving = true;
  try {
    // As long as the server knows who asks.
    await Promise.race([push.leave(), new Promise((resolve) => setTimeout(resolve, longestFarewellMs))]);
    await api.logout();
    tell({ kind: 'signed_out' });
    leave();
  } finally {
    isLeaving = false;
  }
}

/** Signed out on purpose: nothing that was written stays on this machine, and there is nothing to explain. */
function leave(): void {
  endings += 1;
  loginNotice.value = null;
  forgetKept();
  forgetPerson();
}

/** The server no longer knows this browser: the sign-in page is all there is to show, and why. */
export function endSession(): void {
  const wasSignedIn = Boolean(user.value);
  if (wasSignedIn && !isLeaving) void push.leave();
  forgetPerson();
  if (wasSignedIn && !isLeaving) void explain();
}

function forgetPerson(): void {
  forgetAnswers();
  forgetRooms();
  forgetUploads();
  forgetTasks();
  forgetPreferences();
  user.value = null;
}

async function explain(): Promise<void> {
  endings += 1;
  const ending = endings;
  const reason = await api.me().then(
    () => null,
    (error: unknown) => error,
  );
  // Another tab may have said meanwhile that it was on purpose, or somebody signed in.
  if (ending === endings && user.value === null)
    loginNotice.value = { text: noticeOf(reason), isGood: false };
}

function tell(word: Word): void {
  tabs.postMessage(word);
}
