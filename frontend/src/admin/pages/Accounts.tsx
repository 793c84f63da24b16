import { SearchX, UserPlus, Users } from 'lucide';
import { Page } from '../../portal/Shell.tsx';
import { useFilters } from '../../portal/ui/filters.ts';
import { Listed, useListing } from '../../portal/ui/Listed.tsx';
import { SearchField } from '../../portal/ui/SearchField.tsx';
import { Icon } from '../../shared/icon.tsx';
import * as api from '../api.ts';
import { Face, RoleBadge, Standing } from '../people.tsx';
import { counted, roleTitles } from '../words.ts';

export function AccountsPage() {
  const [filters, change] = useFilters('q', 'role', 'is_active');
  const listing = useListing(
    `accounts ${JSON.stringify(filters)}`,
    (cursor, limit) => api.accounts(filters, cursor, limit),
    (account) => account.user_id,
  );
  const isFiltered = Object.values(filters).some(Boolean);
  return (
    <Page
      title="Accounts"
      lead="Everybody who can sign in here."
      aside={
        <a class="button primary" href="/admin/accounts/new">
          <Icon of={UserPlus} size={18} />
          New account
        </a>
      }
    >
      <div class="filters">
        <SearchField
          label="Search accounts"
          placeholder="Name or e-mail"
          value={filters.q}
          search={(q) => change({ q })}
        />
        <select
          aria-label="Role"
          value={filters.role}
          onChange={(event) => change({ role: event.currentTarget.value })}
        >
          <option value="">All roles</option>
          {Object.entries(roleTitles).map(([role, title]) => (
            <option key={role} value={role}>
              {title}
            </option>
          ))}
        </select>
        <select
          aria-label="State"
          value={filters.is_active}
          onChange={(event) => change({ is_active: event.currentTarget.value })}
        >
          <option value="">Any state</option>
          <option value="true">Active</option>
          <option value="false">Deactivated</option>
        </select>
      </div>
      <Listed
        listing={listing}
        count={(shown, hasMore) => `${counted(shown, 'account')} shown${hasMore ? ', there are more' : ''}`}
        empty={
          isFiltered
            ? { icon: SearchX, heading: 'Nobody found', text: 'No account matches these filters.' }
            : { icon: Users, heading: 'No accounts yet', text: 'Give somebody an account to begin.' }
        }
      >
        {(accounts) => (
          <ul class="rows">
            {accounts.map((account) => (
              <AccountRow key={account.user_id} account={account} />
            ))}
          </ul>
        )}
      </Listed>
    </Page>
  );
}

function AccountRow({ account }: { account: api.Account }) {
  return (
    <li>
      <a class="row person" href={`/admin/accounts/${account.user_id}`}>
        <Face id={account.user_id} name={account.display_name} isActive={account.is_active} />
        <span class="person-name">
          <strong class="two-lines" dir="auto" title={account.display_name}>
            {account.display_name}
          </strong>
          <span>{account.email}</span>
        </span>
        <span class="person-facts accounts-facts">
          <span>
            <RoleBadge role={account.role} />
          </span>
          <Standing account={account} />
          <span>{account.projects === 0 ? 'No projects' : counted(account.projects, 'project')}</span>
        </span>
      </a>
    </li>
  );
}
