import { ScrollText, SearchX, X } from 'lucide';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { project as projectOf } from '../../portal/api.ts';
import { useResource } from '../../portal/resource.ts';
import { Page } from '../../portal/Shell.tsx';
import { Combobox } from '../../portal/ui/Combobox.tsx';
import { useFilters } from '../../portal/ui/filters.ts';
import { Listed, useListing } from '../../portal/ui/Listed.tsx';
import { Icon } from '../../shared/icon.tsx';
import { AuditRows } from '../AuditRows.tsx';
import * as api from '../api.ts';
import { deeds } from '../audit.ts';
import { counted, shortId } from '../words.ts';

export function AuditPage() {
  const [filters, change] = useFilters('action', 'user_id', 'project_id');
  const listing = useListing(
    `audit ${JSON.stringify(filters)}`,
    (cursor, limit) => api.audit(filters, cursor, limit),
    (entry) => entry.id,
  );
  // The field and what was chosen in it take each other's place, and the focus with it.
  const isTouched = useRef(false);
  const choose = (user_id: string) => {
    isTouched.current = true;
    change({ user_id });
  };
  const isFiltered = Object.values(filters).some(Boolean);
  return (
    <Page title="Audit log" lead="Sign-ins, and everything that administrators did. It only grows.">
      <div class="filters labelled">
        <div class="field">
          <label for="action">What happened</label>
          <select
            id="action"
            value={filters.action}
            onChange={(event) => change({ action: event.currentTarget.value })}
          >
            <option value="">Everything</option>
            {Object.entries(deeds).map(([action, { title }]) => (
              <option key={action} value={action}>
                {title}
              </option>
            ))}
          </select>
        </div>
        {filters.user_id ? (
          <Chosen label="About whom" clear={() => choose('')} takesFocus={isTouched.current}>
            <AccountName id={filters.user_id} />
          </Chosen>
        ) : (
          <PersonField pick={choose} takesFocus={isTouched.current} />
        )}
        {filters.project_id && (
          <Chosen label="In project" clear={() => change({ project_id: '' })}>
            <ProjectName id={filters.project_id} />
          </Chosen>
        )}
      </div>
      <Listed
        listing={listing}
        count={(shown, hasMore) =>
          `${counted(shown, 'entry', 'entries')} shown${hasMore ? ', there are more' : ''}`
        }
        empty={
          isFiltered
            ? { icon: SearchX, heading: 'Nothing found', text: 'Nothing in the log matches these filters.' }
            : { icon: ScrollText, heading: 'Nothing yet', text: 'Sign-ins and changes appear here.' }
        }
      >
        {(entries) => <AuditRows entries={entries} />}
      </Listed>
    </Page>
  );
}

function PersonField({ pick, takesFocus }: { pick: (id: string) => void; takesFocus: boolean }) {
  const [text, setText] = useState('');
  useEffect(() => {
    if (takesFocus) document.getElementById('person')?.focus();
  }, []);
  return (
    <Combobox
      name="person"
      label="About whom"
      placeholder="Anybody"
      text={text}
      change={setText}
      pick={({ id }) => pick(id)}
      suggest={async (q) => (await api.accounts({ q }, '', 8)).items.map(optionOf)}
      none="Nobody has such a name or e-mail address."
    />
  );
}

function optionOf(account: api.Account) {
  return { id: account.user_id, text: account.display_name, detail: account.email };
}

interface ChosenProps {
  label: string;
  clear: () => void;
  takesFocus?: boolean;
  children: ComponentChildren;
}

/** A filter that is set, with the way to take it away. */
function Chosen({ label, clear, takesFocus = false, children }: ChosenProps) {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (takesFocus) button.current?.focus();
  }, []);
  return (
    <fieldset class="chosen">
      <legend>{label}</legend>
      <div>
        <span>{children}</span>
        <button ref={button} type="button" aria-label={`${label}: show all`} onClick={clear}>
          <Icon of={X} size={16} />
        </button>
      </div>
    </fieldset>
  );
}

function AccountName({ id }: { id: string }) {
  const account = useResource(`admin account ${id}`, () => api.account(id));
  return <>{account.state === 'ready' ? account.value.display_name : shortId(id)}</>;
}

function ProjectName({ id }: { id: string }) {
  const project = useResource(`project ${id}`, () => projectOf(id));
  return <>{project.state === 'ready' ? project.value.name : shortId(id)}</>;
}
