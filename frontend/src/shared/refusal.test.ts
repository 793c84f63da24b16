import { expect, test } from 'vitest';
import { Problem } from './http.ts';
import { refusalOf } from './refusal.ts';

const names = ['email', 'display_name'];

test('what the server says of a field stands at the field', () => {
  const problem = new Problem(422, {
    detail: 'body.email: is no e-mail address',
    errors: [
      { loc: ['body', 'email'], msg: 'is no e-mail address' },
      { loc: ['body', 'email'], msg: 'a second reason' },
      { loc: ['body', 'display_name'], msg: 'must not be blank' },
    ],
  });
  expect(refusalOf(problem, names)).toEqual({
    fields: { email: 'Is no e-mail address.', display_name: 'Must not be blank.' },
    rest: '',
  });
});

test('what is said of a field that the form does not have is said of the form', () => {
  const problem = new Problem(422, { errors: [{ loc: ['body', 'role'], msg: 'does not fit' }] });
  expect(refusalOf(problem, names)).toEqual({ fields: {}, rest: 'Does not fit.' });
});

test('a conflict stands at the field it is about', () => {
  const problem = new Problem(409, {
    type: '/problems/role-does-not-fit',
    detail: 'This person is a client.',
  });
  expect(refusalOf(problem, names, { 'role-does-not-fit': 'role' })).toEqual({
    fields: { role: 'This person is a client.' },
    rest: '',
  });
});

test.each([
  [new Problem(0), 'The portal cannot be reached. Check the connection and try again.'],
  [new Problem(409, { detail: 'That is you.' }), 'That is you.'],
  [new TypeError('a fault of ours'), 'That did not work. Try again.'],
])('%s is said in a sentence', (error, rest) => {
  expect(refusalOf(error, names)).toEqual({ fields: {}, rest });
});
