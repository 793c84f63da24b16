import { describe, expect, test } from 'vitest';
import { applied, type Change, covers } from './changes.ts';
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

describe('a later change covers an earlier one', () => {
  const bell: Change = { set: { channels: [{ type: 'file_uploaded', bell: false }] } };
  test.each<[string, Change, Change, boolean]>([
    ['of the same', { set: { digest: 'daily' } }, { set: { digest: 'hourly' } }, true],
    ['of something else', { set: { digest: 'daily' } }, { set: { quiet_hours: null } }, false],
    ['of less', { set: { digest: 'daily' } }, { set: { digest: 'hourly', time_zone: 'UTC' } }, false],
    ['of the same channel', { set: { channels: [{ type: 'file_uploaded', bell: true }] } }, bell, true],
    ['of the other channel', { set: { channels: [{ type: 'file_uploaded', email: true }] } }, bell, false],
    ['of another type', { set: { channels: [{ type: 'message_posted', bell: true }] } }, bell, false],
    [
      'of the same project',
      { mute: { project: 'a', on: true } },
      { mute: { project: 'a', on: false } },
      true,
    ],
    [
      'of another project',
      { mute: { project: 'b', on: true } },
      { mute: { project: 'a', on: false } },
      false,
    ],
    ['of another kind', { mute: { project: 'b', on: true } }, { set: { digest: 'hourly' } }, false],
  ])('%s', (_, later, earlier, isCovered) => {
    expect(covers(later, earlier)).toBe(isCovered);
  });
});
