import { hueOf } from '../portal/hue.ts';
import { initials, roleNames } from '../portal/Shell.tsx';
import { TimeAgo } from '../shared/time.tsx';
import type { Account } from './api.ts';

interface FaceProps {
  id: string;
  name: string;
  isActive?: boolean;
}

export function Face({ id, name, isActive = true }: FaceProps) {
  return (
    <span class={`face large ${isActive ? `hue-${hueOf(id)}` : 'off'}`} aria-hidden="true">
      {initials(name) || '?'}
    </span>
  );
}

export function RoleBadge({ role }: { role: string }) {
  return <span class={`badge role-${role}`}>{roleNames[role] ?? role}</span>;
}

/** Whether somebody can sign in, and when they last did. */
export function Standing({ account }: { account: Pick<Account, 'is_active' | 'last_sign_in_at'> }) {
  if (!account.is_active) return <span class="badge off">Deactivated</span>;
  if (!account.last_sign_in_at) return <span>Never signed in</span>;
  return (
    <span>
      Signed in <TimeAgo iso={account.last_sign_in_at} />
    </span>
  );
}
