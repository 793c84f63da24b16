import { expect, test } from 'vitest';
import { eventParser } from './sse.ts';

function parse(...chunks: string[]): [string, string][] {
  const events: [string, string][] = [];
  const take = eventParser((event, data) => events.push([event, data]));
  chunks.forEach(take);
  return events;
}

test('named events with their data', () => {
  expect(parse('event: ready\ndata: {"unread_count":1}\n\nevent:reset\ndata:{}\n\n')).toEqual([
    ['ready', '{"unread_count":1}'],
    ['reset', '{}'],
  ]);
});

test('chunks may end anywhere, also within a line end', () => {
  const text = 'event: ready\r\ndata: {}\r\n\r\nevent: bye\r\ndata: {"reason":"slow"}\r\n\r\n';
  expect(parse(...text)).toEqual([
    ['ready', '{}'],
    ['bye', '{"reason":"slow"}'],
  ]);
});

test('comments, ids and retry times are nothing to emit', () => {
  expect(parse(': still here\n\nretry: 1000\nid: 7\n\nevent: reset\ndata: {}\n\n')).toEqual([
    ['reset', '{}'],
  ]);
});

test('several data lines are one text', () => {
  expect(parse('data: a\ndata: b\n\n')).toEqual([['message', 'a\nb']]);
});

test('an event that is not finished is not emitted', () => {
  expect(parse('event: ready\ndata: {}\n')).toEqual([]);
});
