import { describe, expect, test } from 'vitest';
import type { Preferences } from './types.ts';
import { timeIn, zoneNamed, zoneOf, zones, zonesFor } from './zones.ts';

const fresh: Preferences = {
  channels: [],
  muted_projects: [],
  digest: 'at_once',
  time_zone: 'UTC',
  quiet_hours: null,
};
const quiet_hours = { from: '22:00', to: '07:00' };

describe('the zone to go by', () => {
  test.each<[string, Partial<Preferences>, string]>([
    ['is the browser’s as long as nothing needs one', {}, 'Europe/Berlin'],
    ['is the browser’s for hourly e-mail', { digest: 'hourly' }, 'Europe/Berlin'],
    ['is the one that was chosen', { time_zone: 'Asia/Tokyo' }, 'Asia/Tokyo'],
    ['is UTC where quiet hours go by it', { quiet_hours }, 'UTC'],
    ['is UTC where a daily e-mail goes by it', { digest: 'daily' }, 'UTC'],
  ])('%s', (_, changes, zone) => {
    expect(zoneOf({ ...fresh, ...changes }, 'Europe/Berlin')).toBe(zone);
  });
});

test('the list has what the browser knows, UTC, and what the server has, each once', () => {
  const all = zones('Europe/Kyiv', 'Europe/Berlin', 'Europe/Berlin');
  expect(all.slice(0, 3)).toEqual(['Europe/Kyiv', 'Europe/Berlin', 'UTC']);
  expect(all).toContain('Asia/Tokyo');
  expect(new Set(all).size).toBe(all.length);
});

test('a zone is found by parts of its name', () => {
  const all = ['America/New_York', 'Europe/Berlin', 'America/North_Dakota/New_Salem'];
  expect(zonesFor(all, ' new  york')).toEqual(['America/New_York']);
  expect(zonesFor(all, 'BERLIN')).toEqual(['Europe/Berlin']);
  expect(zonesFor(all, 'new america')).toEqual(['America/New_York', 'America/North_Dakota/New_Salem']);
  expect(zonesFor(all, 'atlantis')).toEqual([]);
});

test('a zone typed in full is taken', () => {
  const all = ['America/New_York', 'Europe/Berlin'];
  expect(zoneNamed(all, 'europe/berlin ')).toBe('Europe/Berlin');
  expect(zoneNamed(all, 'America/New York')).toBe('America/New_York');
  expect(zoneNamed(all, 'America')).toBeUndefined();
});

test('the time somewhere else, where the browser knows the place', () => {
  const now = new Date('2026-01-01T12:00:00Z');
  expect(timeIn('UTC', now)).toMatch(/12/);
  expect(timeIn('Asia/Tokyo', now)).toMatch(/0?9/);
  expect(timeIn('Atlantis/Poseidonis', now)).toBeNull();
});
