import { describe, expect, test } from 'vitest';
import type { AuditEntry } from './api.ts';
import { deeds, plain, sentenceOf } from './audit.ts';

const ada = { id: 'ada', display_name: 'Ada Okafor' };
const deniz = { id: 'deniz', display_name: 'Deniz Kaya' };
const harbour = { id: 'harbour', name: 'Harbour House' };

function entry(action: string, parts: Partial<AuditEntry> = {}): AuditEntry {
  return {
    id: '1',
    at: '2026-11-20T12:00:00Z',
    action,
    actor: ada,
    user: deniz,
    project: null,
    address: '127.0.0.1',
    details: {},
    ...parts,
  };
}

const tell = (action: string, parts?: Partial<AuditEntry>) => plain(sentenceOf(entry(action, parts)));

describe('what happened reads as a sentence', () => {
  test.each<[string, Partial<AuditEntry>, string]>([
    ['signed_in', { actor: deniz }, 'Deniz Kaya signed in from 127.0.0.1'],
    ['signed_out', { actor: deniz }, 'Deniz Kaya signed out'],
    [
      'sign_in_refused',
      { actor: null, details: { reason: 'wrong_password' } },
      'A sign-in as Deniz Kaya from 127.0.0.1 was refused: the password was wrong',
    ],
    [
      'sign_in_refused',
      { actor: null, user: null, details: { reason: 'unknown_account' } },
      'A sign-in from 127.0.0.1 was refused: nobody here has that e-mail address',
    ],
    ['password_changed', { actor: deniz }, 'Deniz Kaya changed their password'],
    ['password_link_made', {}, 'Ada Okafor made a one-time password link for Deniz Kaya'],
    [
      'password_set_by_link',
      { actor: deniz },
      'Deniz Kaya set their password by a one-time link from 127.0.0.1',
    ],
    [
      'account_created',
      { details: { role: 'developer', email: 'dev@example.com' } },
      'Ada Okafor gave Deniz Kaya an account as developer',
    ],
    [
      'account_changed',
      { details: { role: 'staff', role_before: 'developer', email: 'd@example.com' } },
      'Ada Okafor changed the account of Deniz Kaya: now the role is project manager and the e-mail address is d@example.com',
    ],
    ['account_changed', {}, 'Ada Okafor changed the account of Deniz Kaya'],
    ['account_deactivated', {}, 'Ada Okafor deactivated Deniz Kaya'],
    ['account_reactivated', {}, 'Ada Okafor reactivated Deniz Kaya'],
    [
      'member_added',
      { project: harbour, details: { role: 'developer' } },
      'Ada Okafor added Deniz Kaya to Harbour House as developer',
    ],
    [
      'member_changed',
      { project: harbour, details: { role: 'manager', role_before: 'developer' } },
      'Ada Okafor made Deniz Kaya a manager in Harbour House, before a developer',
    ],
    [
      'member_removed',
      { project: harbour, details: { role_before: 'developer' } },
      'Ada Okafor removed Deniz Kaya, developer, from Harbour House',
    ],
    ['email_retried', {}, 'Ada Okafor had an e-mail to Deniz Kaya tried again'],
    ['email_dropped', {}, 'Ada Okafor dropped an e-mail to Deniz Kaya'],
    [
      'address_allowed',
      { details: { address: 'dev@example.com' } },
      'Ada Okafor allowed e-mail to dev@example.com, the address of Deniz Kaya, again',
    ],
    [
      'address_allowed',
      { user: null, details: { address: 'old@example.com' } },
      'Ada Okafor allowed e-mail to old@example.com again',
    ],
    [
      'address_suppressed',
      { details: { address: 'dev@example.com', reason: 'It came back.' } },
      'Ada Okafor ended e-mail to dev@example.com, the address of Deniz Kaya',
    ],
  ])('%s', (action, parts, sentence) => {
    expect(tell(action, parts)).toBe(sentence);
  });
});

test('a command at the console has no name', () => {
  const parts = { actor: null, address: null, project: harbour, details: { role: 'client' } };
  expect(tell('member_added', parts)).toBe(
    'Somebody at the server’s console added Deniz Kaya to Harbour House as client',
  );
});

test('somebody without an account is named by a short form of the id, and leads nowhere', () => {
  const user = { id: 'aaaaaaaa-0000-4000-8000-000000000009', display_name: null };
  const pieces = sentenceOf(entry('member_added', { user, project: harbour }));
  expect(plain(pieces)).toBe('Ada Okafor added user aaaaaaaa…0009 to Harbour House');
  expect(pieces).toContain('user aaaaaaaa…0009');
});

test('people and projects lead to their pages', () => {
  const links = sentenceOf(entry('member_added', { project: harbour })).filter(
    (piece) => typeof piece !== 'string',
  );
  expect(links.map(({ href }) => href)).toEqual([
    '/admin/accounts/ada',
    '/admin/accounts/deniz',
    '/admin/projects/harbour',
  ]);
});

test('an action that came later than these pages is told by its name', () => {
  expect(deeds).not.toHaveProperty('room_reopened');
  expect(tell('room_reopened', { project: harbour })).toBe(
    'Ada Okafor: room reopened, Deniz Kaya, Harbour House',
  );
});
