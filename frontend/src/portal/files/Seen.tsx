import { useReadAbout } from '../read-about.ts';

/** The person has this file before their eyes: the bell need not tell them of it. */
export function Seen({ id }: { id: string }) {
  useReadAbout('file', id);
  return null;
}
