import { CloudOff, type IconNode } from 'lucide';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Icon } from '../../shared/icon.tsx';
import { Listing, type Source } from '../../shared/listing.ts';
import { mayPass, useRetry } from '../connection.ts';
import { endSession, user } from '../session.ts';
import { Bones, FailedState, State } from '../states.tsx';

/** Lists that this person has seen: going back shows them at once, and then what is new. */
const kept = new Map<string, Listing<never>>();
let keptFor: string | undefined;
const mostKept = 30;

/** The list that `key` names, read when it is shown, and again when the tab comes back into view. */
export function useListing<Item>(
  key: string,
  load: Source<Item>['load'],
  idOf: Source<Item>['idOf'],
): Listing<Item> {
  if (keptFor !== user.value?.id) kept.clear();
  keptFor = user.value?.id;
  let listing = kept.get(key) as Listing<Item> | undefined;
  if (!listing) {
    listing = new Listing({ load, idOf, onSignedOut: endSession });
    kept.set(key, listing as unknown as Listing<never>);
    const [oldest] = kept.keys();
    if (kept.size > mostKept && oldest !== undefined) kept.delete(oldest);
  }
  const shown = listing;
  useEffect(() => {
    void shown.refresh();
    const returned = () => {
      if (document.visibilityState === 'visible') void shown.refresh();
    };
    document.addEventListener('visibilitychange', returned);
    return () => document.removeEventListener('visibilitychange', returned);
  }, [shown]);
  const { problem, more } = shown.view.value;
  useRetry(mayPass(problem) || more === 'failed', () => void shown.refresh());
  return shown;
}

interface Props<Item> {
  listing: Listing<Item>;
  /** What it is a list of, for those who do not see it: "3 accounts". */
  count: (shown: number, hasMore: boolean) => string;
  empty: { icon: IconNode; heading: string; text: ComponentChildren };
  tall?: boolean;
  children: (items: readonly Item[]) => ComponentChildren;
}

/** A list in all its states. While another one loads, the one before stands, dimmed. */
export function Listed<Item>({ listing, count, empty, tall = false, children }: Props<Item>) {
  const before = useRef<Listing<Item> | null>(null);
  const isLoading = listing.view.value.status === 'loading';
  const shown = isLoading && before.current ? before.current : listing;
  useEffect(() => {
    if (!isLoading) before.current = listing;
  }, [isLoading, listing]);

  const { items, status, more, next, problem } = shown.view.value;
  if (status === 'loading') return <Bones rows={6} tall={tall} />;
  if (status === 'failed' && problem) {
    return <FailedState problem={problem} retry={() => void listing.refresh()} />;
  }
  return (
    <div class={shown === listing ? 'listed' : 'listed passing'} aria-busy={shown !== listing}>
      <p class="visually-hidden" role="status">
        {shown === listing ? count(items.length, next !== null) : ''}
      </p>
      {problem && (
        <p class="stale" role="status">
          <Icon of={CloudOff} size={16} />
          <span>
            {problem.status === 0 ? 'The portal cannot be reached.' : 'This list could not be read anew.'}{' '}
            What stands here may be old.
          </span>
          <button type="button" class="link-button" onClick={() => void listing.refresh()}>
            Try again
          </button>
        </p>
      )}
      {items.length === 0 ? (
        <State icon={empty.icon} heading={empty.heading}>
          <p>{empty.text}</p>
        </State>
      ) : (
        children(items)
      )}
      {next !== null && shown === listing && (
        <More key={next} failed={more === 'failed'} load={() => void listing.loadMore()} />
      )}
    </div>
  );
}

/** Loads the next page when it comes near the view. */
function More({ failed, load }: { failed: boolean; load: () => void }) {
  const sentinel = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = sentinel.current;
    if (!element || failed) return;
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && load(), {
      rootMargin: '320px',
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [failed]);
  if (failed) {
    return (
      <p class="stale" role="alert">
        <Icon of={CloudOff} size={16} />
        <span>More could not be loaded.</span>
        <button type="button" class="link-button" onClick={load}>
          Try again
        </button>
      </p>
    );
  }
  return (
    <div class="more" ref={sentinel}>
      <Bones rows={2} />
    </div>
  );
}
