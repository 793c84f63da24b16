import {
  CircleAlert,
  type IconNode,
  KeyRound,
  LogIn,
  LogOut,
  MailCheck,
  MailX,
  RotateCw,
  ShieldX,
  UserCheck,
  UserCog,
  UserMinus,
  UserPen,
  UserPlus,
  UserX,
} from 'lucide';
import type { Kind } from '../shared/kinds.ts';
import type { AuditEntry, AuditedPerson } from './api.ts';
import { partTitles, roleTitles, shortId, titleOf } from './words.ts';

/** A piece of a sentence: words, or somebody or something with a page of its own. */
export type Piece = string | { text: string; href: string };

interface Deed {
  /** In the list of filters. */
  title: string;
  icon: IconNode;
  tint: Kind['tint'];
  tell: (entry: AuditEntry) => Piece[];
}

/** Everything that the log speaks of, in the order of the filter. */
export const deeds: Record<string, Deed> = {
  signed_in: {
    title: 'Signed in',
    icon: LogIn,
    tint: 'green',
    tell: (entry) => [person(entry), ' signed in', from(entry)],
  },
  signed_out: {
    title: 'Signed out',
    icon: LogOut,
    tint: 'grey',
    tell: (entry) => [person(entry), ' signed out'],
  },
  sign_in_refused: {
    title: 'Sign-in refused',
    icon: ShieldX,
    tint: 'red',
    tell: (entry) =>
      entry.user
        ? ['A sign-in as ', person(entry), from(entry), ' was refused', because(entry)]
        : ['A sign-in', from(entry), ' was refused', because(entry)],
  },
  password_changed: {
    title: 'Password changed',
    icon: KeyRound,
    tint: 'blue',
    tell: (entry) => [person(entry), ' changed their password'],
  },
  password_link_made: {
    title: 'Password link made',
    icon: KeyRound,
    tint: 'amber',
    tell: (entry) => [actor(entry), ' made a one-time password link for ', person(entry)],
  },
  password_set_by_link: {
    title: 'Password set by link',
    icon: KeyRound,
    tint: 'green',
    tell: (entry) => [person(entry), ' set their password by a one-time link', from(entry)],
  },
  account_created: {
    title: 'Account created',
    icon: UserPlus,
    tint: 'green',
    tell: (entry) => [
      actor(entry),
      ' gave ',
      person(entry),
      ' an account',
      ...said(entry.details.role, (role) => ` as ${lower(titleOf(roleTitles, role))}`),
    ],
  },
  account_changed: {
    title: 'Account changed',
    icon: UserPen,
    tint: 'blue',
    tell: (entry) => [actor(entry), ' changed the account of ', person(entry), changesOf(entry.details)],
  },
  account_deactivated: {
    title: 'Account deactivated',
    icon: UserX,
    tint: 'red',
    tell: (entry) => [actor(entry), ' deactivated ', person(entry)],
  },
  account_reactivated: {
    title: 'Account reactivated',
    icon: UserCheck,
    tint: 'green',
    tell: (entry) => [actor(entry), ' reactivated ', person(entry)],
  },
  member_added: {
    title: 'Member added',
    icon: UserPlus,
    tint: 'teal',
    tell: (entry) => [
      actor(entry),
      ' added ',
      person(entry),
      ' to ',
      project(entry),
      ...said(entry.details.role, (role) => ` as ${lower(titleOf(partTitles, role))}`),
    ],
  },
  member_changed: {
    title: 'Part in a project changed',
    icon: UserCog,
    tint: 'blue',
    tell: (entry) => [
      actor(entry),
      ' made ',
      person(entry),
      ...said(entry.details.role, (role) => ` a ${lower(titleOf(partTitles, role))}`),
      ' in ',
      project(entry),
      ...said(entry.details.role_before, (role) => `, before a ${lower(titleOf(partTitles, role))}`),
    ],
  },
  member_removed: {
    title: 'Member removed',
    icon: UserMinus,
    tint: 'amber',
    tell: (entry) => [
      actor(entry),
      ' removed ',
      person(entry),
      ...said(entry.details.role_before, (role) => `, ${lower(titleOf(partTitles, role))},`),
      ' from ',
      project(entry),
    ],
  },
  email_retried: {
    title: 'E-mail tried again',
    icon: RotateCw,
    tint: 'blue',
    tell: (entry) => [actor(entry), ' had an e-mail to ', person(entry), ' tried again'],
  },
  email_dropped: {
    title: 'E-mail dropped',
    icon: MailX,
    tint: 'amber',
    tell: (entry) => [actor(entry), ' dropped an e-mail to ', person(entry)],
  },
  address_allowed: {
    title: 'Address allowed again',
    icon: MailCheck,
    tint: 'green',
    tell: (entry) => [
      actor(entry),
      ' allowed e-mail to ',
      ...said(entry.details.address, String),
      ...(entry.user ? [', the address of ', person(entry), ','] : []),
      ' again',
    ],
  },
  address_suppressed: {
    title: 'Address suppressed',
    icon: MailX,
    tint: 'red',
    tell: (entry) => [
      actor(entry),
      ' ended e-mail to ',
      ...said(entry.details.address, String),
      ...(entry.user ? [', the address of ', person(entry)] : []),
    ],
  },
};

/** Tells what happened, whatever it was: an action that came later than these pages by its name. */
export function deedOf(action: string): Deed {
  return (
    deeds[action] ?? {
      title: titleOf({}, action),
      icon: CircleAlert,
      tint: 'grey',
      tell: (entry) => [
        actor(entry),
        `: ${titleOf({}, action)}`,
        ...(entry.user && entry.user.id !== entry.actor?.id ? [', ', person(entry)] : []),
        ...(entry.project ? [', ', project(entry)] : []),
      ],
    }
  );
}

/** The sentence about an entry, without empty pieces. */
export function sentenceOf(entry: AuditEntry): Piece[] {
  return deedOf(entry.action)
    .tell(entry)
    .filter((piece) => piece !== '');
}

export function plain(pieces: Piece[]): string {
  return pieces.map((piece) => (typeof piece === 'string' ? piece : piece.text)).join('');
}

function actor(entry: AuditEntry): Piece {
  if (entry.actor) return named(entry.actor);
  if (entry.details.via === 'host') return 'The project-management app';
  return entry.address ? `Somebody at ${entry.address}` : 'Somebody at the server’s console';
}

/** Whom it is about. */
function person({ user, actor }: AuditEntry): Piece {
  const about = user ?? actor;
  return about ? named(about) : 'somebody without an account';
}

function named({ id, display_name }: AuditedPerson): Piece {
  return display_name ? { text: display_name, href: `/admin/accounts/${id}` } : `user ${shortId(id)}`;
}

function project({ project }: AuditEntry): Piece {
  return project ? { text: project.name, href: `/admin/projects/${project.id}` } : 'a project that is gone';
}

function from({ address }: AuditEntry): string {
  return address ? ` from ${address}` : '';
}

const reasons: Record<string, string> = {
  wrong_password: 'the password was wrong',
  unknown_account: 'nobody here has that e-mail address',
  account_ended: 'the account is deactivated',
};

function because({ details }: AuditEntry): string {
  const reason = reasons[String(details.reason)];
  return reason ? `: ${reason}` : '';
}

function said(value: unknown, say: (value: unknown) => string): string[] {
  return value === undefined || value === null ? [] : [say(value)];
}

const changed: Record<string, (after: unknown) => string> = {
  role: (role) => `the role is ${lower(titleOf(roleTitles, role))}`,
  email: (email) => `the e-mail address is ${String(email)}`,
  display_name: (name) => `the name is ${String(name)}`,
};

/** ": the role is developer and the name is Deniz Kaya". */
function changesOf(details: Record<string, unknown>): string {
  const parts = Object.entries(changed).flatMap(([field, say]) => said(details[field], say));
  return parts.length > 0 ? `: now ${new Intl.ListFormat('en').format(parts)}` : '';
}

function lower(title: string): string {
  return title.charAt(0).toLowerCase() + title.slice(1);
}
