import { expect, test } from 'vitest';
import { Problem } from '../shared/http.ts';
import { failureText, isPassing, sizeText, unsentText } from './words.ts';

test.each([
  [0, '0 bytes'],
  [1, '1 byte'],
  [1023, '1023 bytes'],
  [1024, '1 KB'],
  [1536, '1.5 KB'],
  [10 * 1024, '10 KB'],
  [1024 * 1024 - 1, '1 MB'],
  [3.44 * 1024 ** 2, '3.4 MB'],
  [500 * 1024 ** 2, '500 MB'],
  [2 * 1024 ** 3, '2 GB'],
])('%i bytes read "%s"', (bytes, text) => {
  expect(sizeText(bytes)).toBe(text);
});

test.each([
  [0, 'The connection was lost.', true],
  [404, 'This conversation is no longer open to you.', false],
  [408, 'Said by the portal.', true],
  [413, 'Said by the portal.', false],
  [503, 'The portal could not take it just now.', true],
])('a failure with %i reads "%s"', (status, text, mayPass) => {
  expect(failureText(new Problem(status, { detail: 'Said by the portal.' }))).toBe(text);
  expect(isPassing(status)).toBe(mayPass);
});

const [refused, lost] = [{ canRetry: false }, { canRetry: true }];

test.each([
  [[refused], 'Remove it to send.'],
  [[refused, refused], 'Remove them to send.'],
  [[refused, lost], 'Retry or remove what was not uploaded, then send.'],
])('only what can succeed is to be tried again (%#)', (failed, text) => {
  expect(unsentText(failed)).toBe(text);
});
