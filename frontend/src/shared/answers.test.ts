import { expect, test } from 'vitest';
import { Answers } from './answers.ts';

/** A question that is answered when the test says so. */
function question() {
  let answer = (_: string) => {};
  const answered = new Promise<string>((resolve) => {
    answer = resolve;
  });
  return { load: () => answered, answer };
}

test('an answer that was overtaken does not take the place of the newer one', async () => {
  const answers = new Answers();
  const [first, second] = [question(), question()];
  const asked = [answers.ask('page', first.load), answers.ask('page', second.load)];
  second.answer('new');
  await asked[1];
  first.answer('old');
  await asked[0];
  expect(answers.get('page')).toBe('new');
});

test('what was on its way when somebody left is not shown to who comes next', async () => {
  const answers = new Answers();
  const late = question();
  const asked = answers.ask('page', late.load);
  answers.forget();
  late.answer('private');
  await asked;
  expect(answers.get('page')).toBeUndefined();
  await answers.ask('page', async () => 'mine');
  expect(answers.get('page')).toBe('mine');
});
