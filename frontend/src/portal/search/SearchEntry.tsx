import { Search } from 'lucide';
import { useRef } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { askable, longestQuery } from '../../search/api.ts';
import { Icon } from '../../shared/icon.tsx';
import { useSearchKeys } from './keys.ts';

/** The way into the search of a project, in its frame: a field, or on a phone a button that leads to one. */
export function SearchEntry({ project }: { project: string }) {
  const { route } = useLocation();
  const field = useRef<HTMLInputElement>(null);
  const page = searchPath(project);
  useSearchKeys(() => {
    // On a phone there is no field here.
    if (field.current?.offsetParent) field.current.select();
    else route(page);
  });
  return (
    <search class="search-entry">
      <form
        class="search"
        onSubmit={(event) => {
          event.preventDefault();
          const q = askable(field.current?.value ?? '');
          route(q ? `${page}?${new URLSearchParams({ q })}` : page);
        }}
      >
        <Icon of={Search} size={16} />
        <input
          ref={field}
          type="search"
          aria-label="Search this project"
          aria-keyshortcuts="Control+K Meta+K /"
          placeholder="Search"
          maxLength={longestQuery}
          autocomplete="off"
          spellcheck={false}
        />
        <span class="key" aria-hidden="true">
          /
        </span>
      </form>
      <a class="icon-button" href={page} aria-label="Search this project">
        <Icon of={Search} size={20} />
      </a>
    </search>
  );
}

export function searchPath(project: string): string {
  return `/projects/${encodeURIComponent(project)}/search`;
}
