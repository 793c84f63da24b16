import { expect, test } from 'vitest';
import type { Preferences } from './types.ts';
import { timeIn, zoneMeant, zoneNamed, zoneOf, zones, zonesFor } from './zones.ts';

const fresh: Preferences = {
  channels: [],
  muted_projects: [],
  digest: 'at_once',
  time_zone: null,
  quiet_hours: null,
};

test.each([
  ['is the browser’s until one is chosen', null, 'Europe/Berlin'],
  ['is the one that was chosen', 'Asia/Tokyo', 'Asia/Tokyo'],
  ['is UTC where that was chosen', 'UTC', 'UTC'],
  ['has its name of today', 'Asia/Calcutta', 'Asia/Kolkata'],
])('the zone to go by %s', (_, time_zone, zone) => {
  expect(zoneOf({ ...fresh, time_zone }, 'Europe/Berlin')).toBe(zone);
});

test('the list has what the browser knows, UTC, and what the server has, each once', () => {
  const all = zones('Europe/Kyiv', 'Europe/Berlin', 'Europe/Berlin');
  expect(all.slice(0, 3)).toEqual(['Europe/Kyiv', 'Europe/Berlin', 'UTC']);
  expect(all).toContain('Asia/Tokyo');
  expect(all).toContain('Asia/Kolkata');
  expect(all).not.toContain('Asia/Calcutta');
  expect(new Set(all).size).toBe(all.length);
});

test('a zone is found by the beginnings of the words of its name', () => {
  const all = ['America/New_York', 'Europe/Berlin', 'America/North_Dakota/New_Salem'];
  expect(zonesFor(all, ' new  york')).toEqual(['America/New_York']);
  expect(zonesFor(all, 'BERLIN')).toEqual(['Europe/Berlin']);
  expect(zonesFor(all, 'new america')).toEqual(['America/New_York', 'America/North_Dakota/New_Salem']);
  expect(zonesFor(all, 'erlin')).toEqual([]);
  expect(zonesFor(all, 'atlantis')).toEqual([]);
});

test.each([
  ['kolkata', 'Asia/Kolkata'],
  ['Calcutta', 'Asia/Kolkata'],
  ['katmandu', 'Asia/Kathmandu'],
  ['kyiv', 'Europe/Kyiv'],
  ['Kiev', 'Europe/Kyiv'],
  ['rangoon', 'Asia/Yangon'],
  ['ho chi minh', 'Asia/Ho_Chi_Minh'],
  ['saigon', 'Asia/Ho_Chi_Minh'],
  ['germany', 'Europe/Berlin'],
  ['munchen', 'Europe/Berlin'],
  ['são paulo', 'America/Sao_Paulo'],
  ['CET', 'Europe/Berlin'],
  ['cest', 'Europe/Berlin'],
  ['GMT', 'Europe/London'],
  ['BST', 'Europe/London'],
  ['Est', 'America/New_York'],
  ['eastern time', 'America/New_York'],
  ['PDT', 'America/Los_Angeles'],
  ['IST', 'Asia/Kolkata'],
])('"%s" finds %s', (typed, zone) => {
  expect(zonesFor(zones(), typed)).toContain(zone);
});

test('what merely has the letters in it is not found', () => {
  expect(zonesFor(zones(), 'Est')).not.toContain('America/Creston');
});

test('where most people live comes first', () => {
  expect(zonesFor(zones(), 'EST')[0]).toBe('America/New_York');
});

test('a zone typed in full is taken', () => {
  const all = ['America/New_York', 'Europe/Berlin'];
  expect(zoneNamed(all, 'europe/berlin ')).toBe('Europe/Berlin');
  expect(zoneNamed(all, 'America/New York')).toBe('America/New_York');
  expect(zoneNamed(all, 'America')).toBeUndefined();
  expect(zoneNamed(['Asia/Kolkata'], 'asia/calcutta')).toBe('Asia/Kolkata');
});

test('what only one zone is found by means that one', () => {
  const known = ['Europe/Berlin', 'Europe/Madrid', 'America/New_York', 'Asia/Kolkata'];
  expect(zoneMeant(known, 'berl')).toBe('Europe/Berlin');
  expect(zoneMeant(known, 'europe/madrid')).toBe('Europe/Madrid');
  expect(zoneMeant(known, 'europe')).toBeUndefined();
  expect(zoneMeant(known, 'atlantis')).toBeUndefined();
  expect(zoneMeant(known, '')).toBeUndefined();
});

test('the time somewhere else, where the browser knows the place', () => {
  const now = new Date('2026-01-01T12:00:00Z');
  expect(timeIn('UTC', now)).toMatch(/12/);
  expect(timeIn('Asia/Tokyo', now)).toMatch(/0?9/);
  expect(timeIn('Atlantis/Poseidonis', now)).toBeNull();
});
