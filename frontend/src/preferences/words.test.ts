import { expect, test } from 'vitest';
import { wordsFor } from './words.ts';

test('a type is what it means to the person', () => {
  expect(wordsFor('message_posted', 'client')).toBe('The project team writes to you');
  expect(wordsFor('message_posted', 'developer')).toBe('A client writes');
  expect(wordsFor('message_posted', 'admin')).toBe('Somebody writes in a conversation');
  expect(wordsFor('task_completed', 'client')).toBe('A task is done');
});

test('a type that a newer server knows has a name at least', () => {
  expect(wordsFor('house_painted', 'client')).toBe('Notification');
});
