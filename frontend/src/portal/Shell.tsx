import { ChevronDown, ChevronLeft, LogOut, Settings2, ShieldCheck } from 'lucide';
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { Icon } from '../shared/icon.tsx';
import { Away } from './Away.tsx';
import type { User } from './api.ts';
import { hueOf } from './hue.ts';
import { signOut, user } from './session.ts';
import { useEdges } from './ui/edges.ts';

/** The frame of every page of somebody signed in. */
export function Shell({ children, waiting = false }: { children?: ComponentChildren; waiting?: boolean }) {
  return (
    <>
      <a class="skip" href="#content">
        Skip to content
      </a>
      <header class="topbar">
        <div class="topbar-inner">
          <a class="brand" href="/projects" aria-label="Client Portal, all projects">
            <Mark />
            <span>Client Portal</span>
          </a>
          <div class="topbar-end">
            {!waiting && isAdmin() && <AdminLink />}
            {!waiting && <notification-bell />}
            {!waiting && user.value && <UserMenu user={user.value} />}
          </div>
        </div>
        {!waiting && isAdmin() && <AdminSections />}
        <Away />
      </header>
      <main id="content">{children}</main>
    </>
  );
}

/** Whether the admin pages are there for whoever is signed in. */
export function isAdmin(): boolean {
  return user.value?.role === 'admin';
}

const adminSections = [
  { href: '/admin/accounts', text: 'Accounts' },
  { href: '/admin/projects', text: 'Projects' },
  { href: '/admin/rooms', text: 'Rooms' },
  { href: '/admin/mail', text: 'E-mail' },
  { href: '/admin/audit', text: 'Audit log' },
];

function AdminLink() {
  const { path } = useLocation();
  return (
    <a class="admin-link" href="/admin/accounts" aria-current={isBelow(path, '/admin') ? 'true' : undefined}>
      <Icon of={ShieldCheck} size={18} />
      Admin
    </a>
  );
}

function AdminSections() {
  const { path } = useLocation();
  const row = useRef<HTMLElement>(null);
  const isShown = isBelow(path, '/admin');
  useEdges(row, isShown);
  if (!isShown) return null;
  return (
    <nav ref={row} class="admin-sections" aria-label="Admin">
      {adminSections.map(({ href, text }) => (
        <a key={href} href={href} aria-current={current(path, href)}>
          {text}
        </a>
      ))}
    </nav>
  );
}

/** The page itself, or a page of this section. */
function current(path: string, href: string): 'page' | 'true' | undefined {
  if (path === href) return 'page';
  return isBelow(path, href) ? 'true' : undefined;
}

function isBelow(path: string, section: string): boolean {
  return path === section || path.startsWith(`${section}/`);
}

export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
      <rect class="mark-ground" width="32" height="32" rx="9" />
      <path class="mark-door" d="M9 25V14a7 7 0 0 1 14 0v11" />
      <circle class="mark-light" cx="16" cy="15" r="3" />
    </svg>
  );
}

interface PageProps {
  title: string;
  /** What stands in the browser's tab, when it is more than the heading. */
  tabTitle?: string;
  back?: { href: string; text: string };
  lead?: ComponentChildren;
  aside?: ComponentChildren;
  narrow?: boolean;
  children: ComponentChildren;
}

let pagesShown = 0;

/** One page: its title, a heading that takes the focus after navigation, and the way back. */
export function Page({ title, tabTitle = title, back, lead, aside, narrow = false, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const { path } = useLocation();
  useTitle(tabTitle);
  useEffect(() => {
    // The first page is announced by the browser itself; a target that took the focus keeps it.
    if (pagesShown > 0 && document.activeElement === document.body)
      heading.current?.focus({ preventScroll: true });
    pagesShown += 1;
  }, [path]);
  return (
    <div class={narrow ? 'page narrow' : 'page'}>
      {back && (
        <a class="back" href={back.href}>
          <Icon of={ChevronLeft} size={16} />
          {back.text}
        </a>
      )}
      <div class="page-head">
        <div>
          <h1 ref={heading} class="two-lines" dir="auto" tabIndex={-1} title={title}>
            {title}
          </h1>
          {lead && <p class="lead">{lead}</p>}
        </div>
        {aside}
      </div>
      {children}
    </div>
  );
}

/** A page without the frame: there is nobody signed in to show it to. */
export function BarePage({ title, children }: { title: string; children: ComponentChildren }) {
  useTitle(title);
  return <main class="bare">{children}</main>;
}

export function useTitle(title: string): void {
  useLayoutEffect(() => {
    document.title = `${title} · Client Portal`;
  }, [title]);
}

function UserMenu({ user }: { user: User }) {
  const [open, setOpen] = useState(false);
  const menu = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const name = user.display_name ?? user.email ?? 'Signed in';

  useLayoutEffect(() => {
    if (!open) return;
    const stop = new AbortController();
    const outside = (event: Event) => {
      if (!menu.current?.contains(event.target as Node)) setOpen(false);
    };
    const closed = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return;
      setOpen(false);
      button.current?.focus();
    };
    document.addEventListener('pointerdown', outside, { signal: stop.signal });
    document.addEventListener('focusin', outside, { signal: stop.signal });
    document.addEventListener('keydown', closed, { signal: stop.signal });
    return () => stop.abort();
  }, [open]);

  return (
    <div class="usermenu" ref={menu}>
      <button
        ref={button}
        type="button"
        class="usermenu-button"
        aria-expanded={open}
        aria-controls="usermenu"
        onClick={() => setOpen(!open)}
      >
        <span class={`face hue-${hueOf(user.id)}`} aria-hidden="true">
          {initials(name)}
        </span>
        <span class="visually-hidden">Account of {name}</span>
        <Icon of={ChevronDown} size={14} />
      </button>
      {open && (
        <div class="menu" id="usermenu">
          <div class="menu-head">
            <strong class="two-lines" dir="auto" title={name}>
              {name}
            </strong>
            <span>{user.email && user.display_name ? user.email : roleNames[user.role]}</span>
          </div>
          <a class="menu-item" href="/account" onClick={() => setOpen(false)}>
            <Icon of={Settings2} size={16} />
            Account and notifications
          </a>
          <button type="button" class="menu-item" onClick={() => void signOut()}>
            <Icon of={LogOut} size={16} />
            Sign out
          </button>
        </div>
      )}
    </div>
  );
}

export const roleNames: Record<string, string> = {
  admin: 'Administrator',
  staff: 'Project manager',
  manager: 'Project manager',
  developer: 'Developer',
  client: 'Client',
};

export function initials(name: string): string {
  const words = name.split(/[\s@._-]+/).filter(Boolean);
  return [words[0], words.length > 1 ? words.at(-1) : '']
    .map((word) => word?.[0] ?? '')
    .join('')
    .toUpperCase();
}
