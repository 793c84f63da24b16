import { expect, test } from 'vitest';
import { Problem } from '../shared/http.ts';
import { adoptZone } from './adopt.ts';
import { applied, type Change, remainder } from './changes.ts';
import { Kept } from './kept.ts';
import type { Preferences } from './types.ts';

function choicesWith(time_zone: string | null, problem: Problem | null = null) {
  const value: Preferences = {
    channels: [],
    muted_projects: [],
    digest: 'at_once',
    time_zone,
    quiet_hours: null,
  };
  const sent: Change[] = [];
  const choices = new Kept<Preferences, Change>({
    load: async () => value,
    send: async (change) => {
      sent.push(change);
      if (problem) throw problem;
      return applied(value, change);
    },
    apply: applied,
    remainder,
    signedOut: () => {},
  });
  return { choices, sent };
}

test('who never chose a time zone gets the one of the browser', async () => {
  const { choices, sent } = choicesWith(null);
  await adoptZone(choices, 'Europe/Berlin');
  expect(sent).toEqual([{ set: { time_zone: 'Europe/Berlin' } }]);
  expect(choices.shown.value?.time_zone).toBe('Europe/Berlin');
});

test('a time zone that was chosen stays, also when it is UTC', async () => {
  const { choices, sent } = choicesWith('UTC');
  await adoptZone(choices, 'Europe/Berlin');
  expect(sent).toEqual([]);
});

test('a zone that the server does not know is no word to the person', async () => {
  const { choices } = choicesWith(null, new Problem(422));
  await adoptZone(choices, 'Etc/Unknown');
  expect(choices.failures.value).toEqual([]);
  expect(choices.shown.value?.time_zone).toBeNull();
});
