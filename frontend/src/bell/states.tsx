import { CloudOff, Inbox, LogIn, RefreshCw, TriangleAlert } from 'lucide';
import type { Mode, Tab } from '../inbox/types.ts';
import { Icon } from '../shared/icon.tsx';

export function ModeStrip({ mode }: { mode: Mode }) {
  if (mode === 'offline') {
    return (
      <p class="strip warn">
        <Icon of={CloudOff} size={14} />
        You are offline. This list may be out of date.
      </p>
    );
  }
  if (mode === 'polling') {
    return (
      <p class="strip">
        <Icon of={RefreshCw} size={14} />
        Not live right now: looking for news every 15 seconds.
      </p>
    );
  }
  return null;
}

export function Empty({ tab }: { tab: Tab }) {
  return (
    <div class="state">
      <span class="avatar green">
        <Icon of={Inbox} size={22} />
      </span>
      <strong>{tab === 'unread' ? 'You are all caught up' : 'Nothing here yet'}</strong>
      <p>
        {tab === 'unread'
          ? 'What you have not read yet waits here.'
          : 'Issues and messages from your projects appear here as they come.'}
      </p>
    </div>
  );
}

export function Failed({ offline, retry }: { offline: boolean; retry: () => void }) {
  return (
    <div class="state" role="alert">
      <span class="avatar amber">
        <Icon of={offline ? CloudOff : TriangleAlert} size={22} />
      </span>
      <strong>{offline ? 'No connection' : 'That did not load'}</strong>
      <p>
        {offline
          ? 'Your notifications appear once you are back online.'
          : 'The portal did not answer as it should.'}
      </p>
      <button type="button" class="button" onClick={retry}>
        Try again
      </button>
    </div>
  );
}

export function SignedOut({ api }: { api: string }) {
  return (
    <div class="state">
      <span class="avatar grey">
        <Icon of={LogIn} size={22} />
      </span>
      <strong>You are signed out</strong>
      <p>Sign in to see your notifications.</p>
      <a class="button" href={`${api}/login`}>
        Sign in
      </a>
    </div>
  );
}

export function Skeleton({ rows }: { rows: number }) {
  return (
    <div class="list" aria-hidden="true">
      {Array.from({ length: rows }, (_, row) => (
        <div class="item" key={row}>
          <span class="avatar bone" />
          <span class="bone line" />
          <span class="bone line short" />
        </div>
      ))}
    </div>
  );
}
