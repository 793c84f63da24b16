import { CircleAlert, FileText, type IconNode, ListChecks, MessageSquare } from 'lucide';
import type { Kind } from '../shared/kinds.ts';
import type { FoundKind } from './types.ts';

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
