import { useLocation } from 'preact-iso';

/** Filters that live in the address: they survive a reload, can be linked to, and leave no steps to go back through. */
export function useFilters<Name extends string>(
  ...names: Name[]
): [Record<Name, string>, (change: Partial<Record<Name, string>>) => void] {
  const { query, route } = useLocation();
  const filters = Object.fromEntries(names.map((name) => [name, query[name] ?? ''])) as Record<Name, string>;
  const change = (changes: Partial<Record<Name, string>>) => {
    // As the address is now: a search that waited for a pause must not take back what was chosen meanwhile.
    const search = new URLSearchParams(location.search);
    for (const [name, value] of Object.entries<string | undefined>(changes)) {
      if (value) search.set(name, value);
      else search.delete(name);
    }
    const kept = search.toString();
    route(kept ? `${location.pathname}?${kept}` : location.pathname, true);
  };
  return [filters, change];
}
