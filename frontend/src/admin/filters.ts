import { useLocation } from 'preact-iso';

/** Filters that live in the address: they survive a reload, can be linked to, and leave no steps to go back through. */
export function useFilters<Name extends string>(
  ...names: Name[]
): [Record<Name, string>, (change: Partial<Record<Name, string>>) => void] {
  const { path, query, route } = useLocation();
  const filters = Object.fromEntries(names.map((name) => [name, query[name] ?? ''])) as Record<Name, string>;
  const change = (changes: Partial<Record<Name, string>>) => {
    const given = Object.entries({ ...filters, ...changes }).filter(([, value]) => value);
    const search = new URLSearchParams(given as [string, string][]).toString();
    route(search ? `${path}?${search}` : path, true);
  };
  return [filters, change];
}
