import { describe, expect, test } from 'vitest';
import type { Delivery, Email, MailState } from './api.ts';
import { hindranceOf, mayRetry, nameOf, retriedText, standings, titleOf, titles, wordsOf } from './mail.ts';

const email: Email = {
  id: 'e',
  recipient: { id: '0b1f5c2e-8f0a-4a52-9e4e-6a2c4ddc9d11', display_name: null },
  address: null,
  state: 'dead',
  error: null,
  attempts: 0,
  created_at: '2026-11-20T12:00:00Z',
  due_at: '2026-11-20T12:05:00Z',
  ended_at: null,
  item_count: 1,
  title: 'Clara asks for your approval',
  has_letter: false,
};

test('an e-mail is named in its recipient’s words', () => {
  expect(wordsOf(email)).toBe('“Clara asks for your approval”');
  expect(wordsOf({ ...email, item_count: 4 })).toBe('“Clara asks for your approval” and 3 more');
  expect(wordsOf({ title: null, item_count: 0 })).toBe('Nothing left to tell');
});

test('who has no account any more has an id', () => {
  expect(nameOf(email.recipient)).toBe('user 0b1f5c2e…9d11');
});

describe('what became of it', () => {
  const ended_at = '2026-11-20T13:00:00Z';
  test.each<[string, Partial<Email>, RegExp]>([
    ['failed after tries', { state: 'dead', attempts: 12, ended_at }, /^after 12 tries, on Nov 20/],
    ['failed without one', { state: 'dead', ended_at }, /^on Nov 20/],
    ['retrying', { state: 'retrying', attempts: 1 }, /^after 1 try, next on Nov 20/],
    ['sent', { state: 'sent', attempts: 1, ended_at }, /^on Nov 20/],
    ['waiting', { state: 'waiting' }, /^until Nov 20/],
    ['being sent', { state: 'sending' }, /^$/],
  ])('%s', (_, changes, words) => {
    const made = { ...email, ...changes };
    expect(standings[made.state].more(made)).toMatch(words);
  });
});

test('one that is being retried may be retried now', () => {
  const states: MailState[] = ['waiting', 'sending', 'retrying', 'sent', 'not_sent', 'dead', 'dropped'];
  expect(states.filter((state) => mayRetry.has(state))).toEqual(['retrying', 'not_sent', 'dead', 'dropped']);
});

test('what became of all that were retried', () => {
  expect(retriedText({ count: 1, left: 0 })).toBe('1 failed e-mail is retried now.');
  expect(retriedText({ count: 3, left: 1 })).toBe(
    '3 failed e-mails are retried now. 1 stays as it is: the address is suppressed.',
  );
});

test('one that was not sent but kept as a file says so', () => {
  expect(titleOf({ state: 'sent', has_letter: false })).toBe('Sent');
  expect(titleOf({ state: 'sent', has_letter: true })).toBe('Kept as a file');
  expect(titleOf({ state: 'dead', has_letter: true })).toBe('Failed');
  expect(new Map(titles(true)).get('sent')).toBe('Kept as a file');
  expect(new Map(titles(false)).get('sent')).toBe('Sent');
});

describe('what keeps e-mail from leaving', () => {
  const well: Delivery = {
    way: 'smtp',
    email_due_since: null,
    email_error: null,
    push_due_since: null,
    given_up: 0,
    given_up_error: null,
  };
  test.each<[string, Partial<Delivery>, RegExp[]]>([
    ['nothing, where all is well', {}, []],
    [
      'files in place of a server',
      { way: 'files, by portal worker' },
      [/^E-mail is kept as files in DATA_DIR.mail/],
    ],
    [
      'no server, by which what is due waits',
      { way: 'off: SMTP_URL is not set', email_due_since: '2026-11-20T12:00:00Z' },
      [/not sent: SMTP_URL is not set\. What/],
    ],
    ['no answer', { email_due_since: '2026-11-20T12:00:00Z' }, [/^E-mail has been due since Nov 20/]],
    [
      'a fault',
      { email_due_since: '2026-11-20T12:00:00Z', email_error: '535 no' },
      [/^E-mail has been due since Nov 20.* has not left: 535 no\.$/],
    ],
    [
      'what failed, and why',
      { given_up: 2, given_up_error: 'RCPT: 553 no' },
      [/^2 e-mails failed in the last 24 hours, the latest because of: RCPT: 553 no\.$/],
    ],
    ['push alone', { push_due_since: '2026-11-20T12:00:00Z' }, [/^Push has been due since Nov 20/]],
  ])('%s', (_, changes, lines) => {
    const said = hindranceOf({ ...well, ...changes });
    expect(said).toEqual(lines.map((line) => expect.stringMatching(line)));
  });
});
