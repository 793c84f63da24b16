import { CircleAlert, CloudOff, Inbox, LogIn, RefreshCw, TriangleAlert, X } from 'lucide';
import type { InboxStore } from '../inbox/store.ts';
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

/** What could not be done: at the foot of the panel while that is open, else in a toast. */
export function Failure({ store }: { store: InboxStore }) {
  const notice = store.notice.value;
  if (!notice) return null;
  return (
    <div class="notice">
      <Icon of={CircleAlert} size={16} />
      <span>{notice.text}</span>
      <button type="button" class="quiet" onClick={notice.retry}>
        Try again
      </button>
      <button
        type="button"
        class="quiet"
        aria-label="Dismiss"
        onClick={() => {
          store.notice.value = null;
        }}
      >
        <Icon of={X} size={16} />
      </button>
    </div>
  );
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
