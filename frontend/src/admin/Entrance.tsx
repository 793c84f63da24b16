import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { Page } from '../portal/Shell.tsx';
import { Bones, FailedState } from '../portal/states.tsx';
import { Problem } from '../shared/http.ts';

let fetched: ComponentType | null = null;

/** Fetches the code of the admin pages when an admin enters them: nobody else needs it. */
export function AdminEntrance() {
  const [state, setState] = useState<'fetching' | 'fetched' | 'failed'>(fetched ? 'fetched' : 'fetching');
  useEffect(() => {
    import('./AdminPages.tsx').then(
      ({ AdminPages }) => {
        fetched = AdminPages;
        setState('fetched');
      },
      () => setState('failed'),
    );
  }, []);
  const Pages = fetched;
  if (Pages) return <Pages />;
  return (
    <Page title="Admin">
      {state === 'fetching' && <Bones rows={6} />}
      {/* A page that is older than the server finds its code again by being loaded anew. */}
      {state === 'failed' && <FailedState problem={new Problem(0)} retry={() => location.reload()} />}
    </Page>
  );
}

export function ToAccounts() {
  const { route } = useLocation();
  useEffect(() => route('/admin/accounts', true), []);
  return null;
}
