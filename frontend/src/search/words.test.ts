import { expect, test } from 'vitest';
import { kindOf } from './words.ts';

test.each([
  ['task', 'task'],
  ['', ''],
  ['tasks', ''],
  ['toString', ''],
])('a kind of "%s" in the address is "%s"', (value, kind) => {
  expect(kindOf(value)).toBe(kind);
});
