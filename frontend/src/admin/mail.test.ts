import { describe, expect, test } from 'vitest';
import type { Delivery, Email, MailState } from './api.ts';
import { hindranceOf, mayRetry, nameOf, retriedText, standings, wordsOf } from './mail.ts';

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
  expect(wordsOf({ title: null, item_count: 0 })).toBe('Nothing any more');
});

test('who has no account any more has an id', () => {
  expect(nameOf(email.recipient)).toBe('user 0b1f5c2e…9d11');
});

describe('what became of it', () => {
  const ended_at = '2026-11-20T13:00:00Z';
  test.each<[string, Partial<Email>, RegExp]>([
    ['given up after tries', { state: 'dead', attempts: 12, ended_at }, /^after 12 tries, on Nov 20/],
    ['given up without one', { state: 'dead', ended_at }, /^on Nov 20/],
    ['to be retried', { state: 'retrying', attempts: 1 }, /^after 1 try, at Nov 20/],
    ['sent', { state: 'sent', attempts: 1, ended_at }, /^on Nov 20/],
    ['waiting', { state: 'waiting' }, /^until Nov 20/],
    ['being sent', { state: 'sending' }, /^$/],
  ])('%s', (_, changes, words) => {
    const made = { ...email, ...changes };
    expect(standings[made.state].more(made)).toMatch(words);
  });
});

test('one that is to be retried may be tried now', () => {
  const states: MailState[] = ['waiting', 'sending', 'retrying', 'sent', 'not_sent', 'dead', 'dropped'];
  expect(states.filter((state) => mayRetry.has(state))).toEqual(['retrying', 'not_sent', 'dead', 'dropped']);
});

test('what became of all that were tried again', () => {
  expect(retriedText({ count: 1, left: 0 })).toBe('1 e-mail that had been given up is tried again now.');
  expect(retriedText({ count: 3, left: 1 })).toBe(
    '3 e-mails that had been given up are tried again now. 1 stays as it is: the address is suppressed.',
  );
});

describe('what keeps e-mail from leaving', () => {
  const well: Delivery = { way: 'smtp', email_due_since: null, push_due_since: null };
  test.each<[string, Partial<Delivery>, RegExp[]]>([
    ['nothing, where all is well', {}, []],
    ['nothing, where it is kept in files', { way: 'files' }, []],
    [
      'no server, by which what is due waits',
      { way: 'off: SMTP_URL is not set', email_due_since: '2026-11-20T12:00:00Z' },
      [/not sent: SMTP_URL is not set\. What/],
    ],
    ['no answer', { email_due_since: '2026-11-20T12:00:00Z' }, [/^E-mail has been due since Nov 20/]],
    ['push alone', { push_due_since: '2026-11-20T12:00:00Z' }, [/^Push has been due since Nov 20/]],
  ])('%s', (_, changes, lines) => {
    const said = hindranceOf({ ...well, ...changes });
    expect(said).toEqual(lines.map((line) => expect.stringMatching(line)));
  });
});
