import { expect, test } from 'vitest';
import { fitted } from './pictures.ts';

const most = { width: 280, height: 210 };

test.each([
  ['a wide one', 1600, 800, 280, 140],
  ['a high one', 600, 1200, 105, 210],
  ['a small one keeps its size', 120, 90, 120, 90],
  ['a very long one is cut', 4000, 100, 280, 64],
  ['one of unknown size takes all', null, null, 280, 210],
])('%s fits', (_, width, height, shownWidth, shownHeight) => {
  expect(fitted({ width, height }, most)).toEqual({ width: shownWidth, height: shownHeight });
});
