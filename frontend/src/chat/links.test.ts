import { expect, test } from 'vitest';
import { partsOf } from './links.ts';

const links = (text: string) =>
  partsOf(text)
    .map(({ href }) => href)
    .filter((href) => href !== null);

test.each([
  ['see https://example.com/a?b=c#d.', ['https://example.com/a?b=c#d']],
  ['http://example.com', ['http://example.com']],
  ['example.com/plan is ready', ['https://example.com/plan']],
  ['write to clara@example.com', ['mailto:clara@example.com']],
  ['(https://example.com)', ['https://example.com']],
  ['javascript:alert(1)', []],
  ['data:text/html,hello ftp://files.example.com', []],
  ['vbscript:x file:///etc/passwd', []],
  ['nothing here', []],
])('%s', (text, expected) => {
  expect(links(text)).toEqual(expected);
});

test.each([
  'a https://example.com b\n  c <b>bold</b> & "quoted"',
  '  spaces stay\n\n\nand lines ',
  '',
  'x'.repeat(4000),
])('the parts are the text', (text) => {
  expect(
    partsOf(text)
      .map((part) => part.text)
      .join(''),
  ).toBe(text);
});
