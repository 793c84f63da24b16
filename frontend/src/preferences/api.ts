import { call } from '../shared/http.ts';
import type { Addressee, Mute, Preferences, PreferencesChange, Settings, SettingsChange } from './types.ts';

const root = '/api/notifications';

export const settings = () => call<Settings>(`${root}/settings`);
export const changeSettings = (change: SettingsChange) =>
  call<Settings>(`${root}/settings`, { method: 'PATCH', body: change });

export const preferences = () => call<Preferences>(`${root}/preferences`);
export const changePreferences = (change: PreferencesChange) =>
  call<Preferences>(`${root}/preferences`, { method: 'PATCH', body: change });

export const mute = ({ project, on }: Mute) =>
  call<void>(`${root}/muted_projects/${encodeURIComponent(project)}`, { method: on ? 'PUT' : 'DELETE' });

/** Whom the token of a link in an e-mail was sent to. Whoever has it may ask, without a sign-in. */
export const addressee = (token: string) =>
  call<Addressee>(`/api/unsubscribe?${new URLSearchParams({ token })}`);
export const switchEmail = (token: string, email_enabled: boolean) =>
  call<Addressee>('/api/unsubscribe', { method: 'POST', body: { token, email_enabled } });
