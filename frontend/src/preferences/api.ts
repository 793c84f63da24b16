import { call } from '../shared/http.ts';
import type { Mute, Preferences, PreferencesChange, Settings } from './types.ts';

const root = '/api/notifications';

export const settings = () => call<Settings>(`${root}/settings`);
export const changeSettings = (change: Partial<Settings>) =>
  call<Settings>(`${root}/settings`, { method: 'PATCH', body: change });

export const preferences = () => call<Preferences>(`${root}/preferences`);
export const changePreferences = (change: PreferencesChange) =>
  call<Preferences>(`${root}/preferences`, { method: 'PATCH', body: change });

export const mute = ({ project, on }: Mute) =>
  call<void>(`${root}/muted_projects/${encodeURIComponent(project)}`, { method: on ? 'PUT' : 'DELETE' });

/** What a link in an e-mail asks for: whoever has the token may, without a sign-in. */
export const endEmail = (token: string) =>
  call<{ email_enabled: boolean }>(`/unsubscribe?${new URLSearchParams({ token })}`, { method: 'POST' });
