import { describe, expect, test } from 'vitest';
import { applied, type Change, remainder } from './changes.ts';
import type { Preferences } from './types.ts';

const preferences: Preferences = {
  channels: [
    { type: 'message_posted', bell: true, email: true },
    { type: 'file_uploaded', bell: true, email: false },
  ],
  muted_projects: ['a'],
  digest: 'at_once',
  time_zone: 'UTC',
  quiet_hours: { from: '22:00', to: '07:00' },
};

test('a channel of one type changes, the rest stands', () => {
  const made = applied(preferences, { set: { channels: [{ type: 'file_uploaded', bell: false }] } });
  expect(made.channels).toEqual([
    { type: 'message_posted', bell: true, email: true },
    { type: 'file_uploaded', bell: false, email: false },
  ]);
  expect(made.quiet_hours).toEqual(preferences.quiet_hours);
});

test('quiet hours end', () => {
  expect(applied(preferences, { set: { quiet_hours: null } }).quiet_hours).toBeNull();
});

test('a project is muted once, and unmuted', () => {
  const twice = applied(preferences, { mute: { project: 'a', on: true } });
  expect(twice.muted_projects).toEqual(['a']);
  expect(applied(preferences, { mute: { project: 'a', on: false } }).muted_projects).toEqual([]);
});

describe('of an earlier change there is left after a later one', () => {
  const daily: Change = { set: { digest: 'daily' } };
  const bell: Change = { set: { channels: [{ type: 'file_uploaded', bell: false }] } };
  const both: Change = { set: { channels: [{ type: 'file_uploaded', bell: true, email: true }] } };
  const a: Change = { mute: { project: 'a', on: false } };
  test.each<[string, Change, Change, Change | null]>([
    ['nothing, of the same', daily, { set: { digest: 'hourly', time_zone: 'UTC' } }, null],
    ['all, of something else', daily, { set: { quiet_hours: null } }, daily],
    [
      'the rest, of a part',
      { set: { digest: 'hourly', time_zone: 'UTC' } },
      daily,
      { set: { time_zone: 'UTC' } },
    ],
    ['nothing, of the same channel', bell, both, null],
    ['the other channel', both, bell, { set: { channels: [{ type: 'file_uploaded', email: true }] } }],
    ['all, of another type', bell, { set: { channels: [{ type: 'message_posted', bell: true }] } }, bell],
    ['nothing, of the same project', a, { mute: { project: 'a', on: true } }, null],
    ['all, of another project', a, { mute: { project: 'b', on: true } }, a],
    ['all, of another kind', daily, a, daily],
    ['all, of a project after another kind', a, daily, a],
  ])('%s', (_, earlier, later, left) => {
    expect(remainder(earlier, later)).toEqual(left);
  });
});
