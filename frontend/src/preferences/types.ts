/** The switches of the channels. */
export interface Settings {
  email_enabled: boolean;
  push_enabled: boolean;
  realtime_enabled: boolean;
  /** Nothing is sent to the person's address, whatever they want; only the server changes it. */
  email_suppressed: boolean;
}

export type SettingsChange = Partial<Omit<Settings, 'email_suppressed'>>;

export type Digest = 'at_once' | 'hourly' | 'daily';

/** By the clock of the person's time zone, `HH:MM`; over midnight when it ends before it begins. */
export interface QuietHours {
  from: string;
  to: string;
}

export interface Channel {
  type: string;
  bell: boolean;
  email: boolean;
}

export interface Preferences {
  /** Of the types that this person can be told of. */
  channels: Channel[];
  /** Ids of projects, as far as they are within reach. */
  muted_projects: string[];
  digest: Digest;
  /** Null for who has never chosen one. */
  time_zone: string | null;
  quiet_hours: QuietHours | null;
}

/** What is left out stays as it is. */
export interface PreferencesChange {
  channels?: (Pick<Channel, 'type'> & Partial<Channel>)[];
  digest?: Digest;
  time_zone?: string;
  quiet_hours?: QuietHours | null;
}

/** Whom a link in an e-mail was sent to. */
export interface Addressee {
  display_name: string | null;
  email_enabled: boolean;
}

export interface Mute {
  project: string;
  on: boolean;
}
