import { expect, test } from 'vitest';
import { pageOf, shownOf } from './shown.ts';

const origin = 'https://portal.example.com';

test('a push is shown with its words, and once', () => {
  const { title, options } = shownOf({ title: 'Ada wrote', body: 'Hello', url: '/projects/1', id: 'n1' });
  expect(title).toBe('Ada wrote');
  expect(options).toMatchObject({ body: 'Hello', tag: 'n1', data: { url: '/projects/1' } });
});

test('a push without words shows that there is something', () => {
  expect(shownOf({})).toMatchObject({
    title: 'Client Portal',
    options: { body: 'There is something new.' },
  });
  expect(shownOf({ title: 'Ada wrote', body: null }).options.body).toBe('');
});

test.each([
  ['a path', '/projects/1/messages?focus=2', `${origin}/projects/1/messages?focus=2`],
  ['an address of the portal', `${origin}/projects/1`, `${origin}/projects/1`],
  ['another site', 'https://elsewhere.example/', `${origin}/projects`],
  ['another site without its scheme', '//elsewhere.example/', `${origin}/projects`],
  ['a script', 'javascript:alert(1)', `${origin}/projects`],
  ['no address at all', 'https://', `${origin}/projects`],
  ['nothing', undefined, `${origin}/projects`],
])('a click on %s opens a page of the portal', (_, url, page) => {
  expect(pageOf({ url }, origin)).toBe(page);
});
