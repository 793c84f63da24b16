import { Fragment } from 'preact';
import type { Found, Segment } from '../../search/types.ts';
import { foundKinds } from '../../search/words.ts';
import { Icon } from '../../shared/icon.tsx';
import { TimeAgo } from '../../shared/time.tsx';
import { isTeam } from '../issues/rights.ts';
import { user } from '../session.ts';

/** One thing that was found, as a link to where it is. */
export function Result({ found }: { found: Found }) {
  const { kind, client, title_segments, snippet, at, route_path } = found;
  const { name, icon, tint } = foundKinds[kind];
  return (
    <li>
      <a class="row result" href={route_path}>
        <span class={`tile tint-${tint}`}>
          <Icon of={icon} size={18} />
        </span>
        <span class="row-main">
          <span class="row-title" dir="auto">
            <Marked segments={title_segments} />
          </span>
          {snippet.length > 0 && (
            <span class="row-snippet" dir="auto">
              <Marked segments={snippet} />
            </span>
          )}
          <span class="issue-row-meta">
            <span>{name}</span>
            {byline(found) && <span dir="auto">{byline(found)}</span>}
            {isTeam() && client && client.id !== found.author?.id && (
              <span dir="auto">for {client.display_name}</span>
            )}
            <TimeAgo iso={at} />
          </span>
        </span>
      </a>
    </li>
  );
}

/** Who it is of, where the title does not say so. */
function byline({ kind, author }: Found): string {
  if (!author || kind === 'message') return '';
  return author.id === user.value?.id ? 'You' : author.display_name;
}

function Marked({ segments }: { segments: readonly Segment[] }) {
  return (
    <>
      {segments.map(({ text, is_match }, index) =>
        is_match ? <mark key={index}>{text}</mark> : <Fragment key={index}>{text}</Fragment>,
      )}
    </>
  );
}
