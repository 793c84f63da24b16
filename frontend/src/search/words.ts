import { CircleAlert, FileText, type IconNode, ListChecks, MessageSquare } from 'lucide';
import type { Kind } from '../shared/kinds.ts';
import type { Found, FoundKind, Segment } from './types.ts';

interface Look {
  name: string;
  plural: string;
  icon: IconNode;
  tint: Kind['tint'];
}

export const foundKinds: Record<FoundKind, Look> = {
  message: { name: 'Message', plural: 'Messages', icon: MessageSquare, tint: 'blue' },
  issue: { name: 'Issue', plural: 'Issues', icon: CircleAlert, tint: 'red' },
  task: { name: 'Task', plural: 'Tasks', icon: ListChecks, tint: 'green' },
  file: { name: 'File', plural: 'Files', icon: FileText, tint: 'teal' },
};

/** An address may hold anything: what is no kind stands for all of them. */
export function kindOf(value: string): FoundKind | '' {
  return Object.hasOwn(foundKinds, value) ? (value as FoundKind) : '';
}

/** The two lines of a result. What was found in the title itself is marked there, and is not said twice. */
export function linesOf({ title, snippet }: Found): { title: Segment[]; snippet: Segment[] } {
  const text = snippet.map((segment) => segment.text).join('');
  if (title === '' || text === title) return { title: snippet, snippet: [] };
  return { title: [{ text: title, is_match: false }], snippet };
}
