import type { Status } from './types.ts';

interface Tab {
  /** What stands in the address; empty for the one that is there without asking. */
  value: string;
  text: string;
  statuses: readonly Status[];
}

/** The list's tabs: what is still to be done comes first. */
export const tabs: readonly [Tab, ...Tab[]] = [
  { value: '', text: 'Active', statuses: ['open', 'in_progress'] },
  { value: 'done', text: 'Done', statuses: ['done'] },
  { value: 'declined', text: 'Declined', statuses: ['declined'] },
  { value: 'all', text: 'All', statuses: [] },
];

/** An address may hold anything. */
export function tabOf(value: string): Tab {
  return tabs.find((tab) => tab.value === value) ?? tabs[0];
}
