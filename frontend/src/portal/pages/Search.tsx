import { Search, SearchX } from 'lucide';
import { useEffect, useRef } from 'preact/hooks';
import { askable, search } from '../../search/api.ts';
import type { Found, FoundKind } from '../../search/types.ts';
import { foundKinds, kindOf } from '../../search/words.ts';
import { ProjectFrame, searchSection } from '../ProjectFrame.tsx';
import { stepThrough, useSearchKeys } from '../search/keys.ts';
import { Result } from '../search/Result.tsx';
import { State } from '../states.tsx';
import { useFilters } from '../ui/filters.ts';
import { Listed, useListing } from '../ui/Listed.tsx';
import { SearchField } from '../ui/SearchField.tsx';
import { Segments } from '../ui/Segments.tsx';

const kinds = [
  { value: '', text: 'All' },
  ...(Object.keys(foundKinds) as FoundKind[]).map((kind) => ({ value: kind, text: foundKinds[kind].plural })),
];

export function SearchPage({ project }: { project: string }) {
  return (
    <ProjectFrame id={project} section={searchSection}>
      {({ name }) => <SearchIn project={project} name={name} />}
    </ProjectFrame>
  );
}

function SearchIn({ project, name }: { project: string; name: string }) {
  const [filters, filter] = useFilters('q', 'kind');
  const page = useRef<HTMLElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const q = askable(filters.q);
  const kind = kindOf(filters.kind);
  useSearchKeys(() => field.current?.select());
  useEffect(() => {
    // Who comes back to results goes on from them.
    if (q === '') field.current?.focus();
  }, []);
  return (
    <section
      ref={page}
      class="search-page"
      aria-label="Search"
      onKeyDown={(event) => stepThrough(event, page.current, 'input, a.result')}
    >
      <SearchField
        label={`Search ${name}`}
        placeholder="Search this project"
        value={filters.q}
        search={(text) => filter({ q: text })}
        field={field}
      />
      <Segments
        label="Kind"
        name="kind"
        choices={kinds}
        value={kind}
        choose={(value) => filter({ kind: value })}
      />
      {q === '' ? (
        <State icon={Search} tint="blue" heading="What are you looking for?">
          <p>Messages, issues, tasks and the names of files of this project, as far as you see them.</p>
        </State>
      ) : (
        <Results project={project} q={q} kind={kind} />
      )}
    </section>
  );
}

function Results({ project, q, kind }: { project: string; q: string; kind: FoundKind | '' }) {
  const listing = useListing<Found>(
    `search ${project} ${kind} ${q}`,
    (cursor, limit) => search(project, q, kind, cursor, limit),
    (found) => `${found.kind} ${found.id}`,
  );
  return (
    <Listed
      listing={listing}
      count={(shown, hasMore) => `${shown}${hasMore ? ' or more' : ''} found`}
      empty={{ icon: SearchX, heading: 'Nothing found', text: nothingText(q, kind) }}
    >
      {(items) => (
        <ul class="rows" aria-label="Results">
          {items.map((found) => (
            <Result key={`${found.kind} ${found.id}`} found={found} />
          ))}
        </ul>
      )}
    </Listed>
  );
}

function nothingText(q: string, kind: FoundKind | ''): string {
  const what = kind ? foundKinds[kind].plural.toLowerCase() : 'messages, issues, tasks or files';
  return `No ${what} with “${q}”. Try fewer words, or other ones.`;
}
