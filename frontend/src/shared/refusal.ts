import { Problem, reasonOf } from './http.ts';

/** Why a form was refused: at its fields where the server names them, else in one sentence. */
export interface Refusal {
  fields: Record<string, string>;
  rest: string;
}

export const nothingRefused: Refusal = { fields: {}, rest: '' };

/** `conflicts` names the field that a kind of conflict is about, by the last part of the problem's type. */
export function refusalOf(
  error: unknown,
  names: readonly string[],
  conflicts: Record<string, string> = {},
): Refusal {
  if (!(error instanceof Problem)) return { fields: {}, rest: 'That did not work. Try again.' };
  if (error.status === 0) {
    return { fields: {}, rest: 'The portal cannot be reached. Check the connection and try again.' };
  }
  const fields: Record<string, string> = {};
  for (const { loc = [], msg } of error.errors) {
    const name = loc.find((part) => names.includes(String(part)));
    if (name !== undefined && msg) fields[name] ??= sentence(msg);
  }
  const inConflict = conflicts[error.type.split('/').at(-1) ?? ''];
  if (inConflict) fields[inConflict] ??= sentence(reasonOf(error));
  return { fields, rest: Object.keys(fields).length > 0 ? '' : sentence(reasonOf(error)) };
}

function sentence(words: string): string {
  const text = words.charAt(0).toUpperCase() + words.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
