import { dayOf } from '../shared/ago.ts';
import { Icon } from '../shared/icon.tsx';
import type { AuditEntry } from './api.ts';
import { deedOf, sentenceOf } from './audit.ts';
import { clockTime, wholeTime } from './words.ts';

/** Entries of the log under the days on which they happened. */
export function AuditRows({ entries, level = 2 }: { entries: readonly AuditEntry[]; level?: 2 | 3 }) {
  const Heading = level === 2 ? 'h2' : 'h3';
  return (
    <>
      {daysOf(entries).map(([day, items]) => (
        <section key={day} class="audit-day">
          <Heading class="day-heading">{day}</Heading>
          <ul class="rows">
            {items.map((entry) => (
              <AuditRow key={entry.id} entry={entry} />
            ))}
          </ul>
        </section>
      ))}
    </>
  );
}

function AuditRow({ entry }: { entry: AuditEntry }) {
  const { icon, tint } = deedOf(entry.action);
  return (
    <li class="row still">
      <span class={`tile tint-${tint}`}>
        <Icon of={icon} size={18} />
      </span>
      <span class="row-main audit-sentence">
        {sentenceOf(entry).map((piece) =>
          typeof piece === 'string' ? (
            piece
          ) : (
            <a key={piece.href} href={piece.href}>
              {piece.text}
            </a>
          ),
        )}
      </span>
      <time class="audit-time" dateTime={entry.at} title={wholeTime(entry.at)}>
        {clockTime(entry.at)}
      </time>
    </li>
  );
}

function daysOf(entries: readonly AuditEntry[]): [string, AuditEntry[]][] {
  const days = new Map<string, AuditEntry[]>();
  const now = new Date();
  for (const entry of entries) {
    const day = dayOf(new Date(entry.at), now);
    const items = days.get(day);
    if (items) items.push(entry);
    else days.set(day, [entry]);
  }
  return [...days];
}
