import { effect } from '@preact/signals-core';
import { render } from 'preact';
import type { Mode } from '../inbox/types.ts';
import tokens from '../shared/tokens.css?inline';
import { Bell } from './Bell.tsx';
import { type Inbox, startInbox, subjectOf } from './inbox.ts';
import styles from './styles.css?inline';

/**
 * `<notification-bell>`: the bell of the person signed in to the portal.
 *
 * Attributes: `api` (origin of the portal; the page's own by default), `token` (bearer; also a property, to renew it;
 * without one the portal's cookie signs in), `href-base` (put before the `route_path` of links).
 *
 * Events, all bubbling: `notification-open` (cancelable; detail: the item; cancel it to route by yourself),
 * `notification-new` (detail: the item), `notification-count` (detail: the unread count), `notification-reset` (what the
 * page has read may be out of date), `notification-signed-out`.
 */
export class NotificationBell extends HTMLElement {
  static observedAttributes = ['api', 'token', 'href-base'];

  readonly #root = this.attachShadow({ mode: 'open' });
  #inbox: Inbox | null = null;
  #subject = '';
  #unwatch: (() => void)[] = [];

  constructor() {
    super();
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(tokens + styles);
    this.#root.adoptedStyleSheets = [sheet];
  }

  get token(): string | undefined {
    return this.getAttribute('token') ?? undefined;
  }

  set token(token: string | null | undefined) {
    if (token) this.setAttribute('token', token);
    else this.removeAttribute('token');
  }

  /** How news come now: `connecting`, `live`, `polling`, `offline` or `signed_out`. */
  get mode(): Mode | undefined {
    return this.#inbox?.feed.mode.value;
  }

  /** Connects anew, for instance after the person changed the setting for live updates. */
  reconnect(): void {
    this.#inbox?.feed.restart();
  }

  connectedCallback(): void {
    this.#adoptEarlyToken();
    addEventListener('pagehide', this.#sleep);
    addEventListener('pageshow', this.#rise);
    this.#start();
  }

  disconnectedCallback(): void {
    removeEventListener('pagehide', this.#sleep);
    removeEventListener('pageshow', this.#rise);
    this.#stop();
    render(null, this.#root);
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (!this.#inbox || before === after) return;
    if (name === 'token' && subjectOf(this.token) === this.#subject) this.#inbox.feed.renewed();
    else this.#start();
  }

  // A page kept for the back button must not hold the lock or the stream.
  readonly #sleep = () => this.#stop();

  readonly #rise = (event: PageTransitionEvent) => {
    if (event.persisted) this.#start();
  };

  #start(): void {
    this.#stop();
    const api = (this.getAttribute('api') ?? '').replace(/\/+$/, '');
    const hrefBase = (this.getAttribute('href-base') ?? '').replace(/\/+$/, '');
    this.#subject = subjectOf(this.token);
    const inbox = startInbox(api, () => this.token);
    this.#inbox = inbox;
    this.#watch(inbox);
    // Rendering inside an effect follows every signal it reads, without the weight of the binding package.
    this.#unwatch.push(
      effect(() => render(<Bell host={this} inbox={inbox} api={api} hrefBase={hrefBase} />, this.#root)),
    );
  }

  #stop(): void {
    for (const unwatch of this.#unwatch) unwatch();
    this.#unwatch = [];
    this.#inbox?.stop();
    this.#inbox = null;
  }

  #watch({ store, feed }: Inbox): void {
    this.#unwatch = [
      effect(() => {
        if (store.unread.value !== null) this.#tell('notification-count', store.unread.value);
      }),
      effect(() => {
        if (store.arrived.value) this.#tell('notification-new', store.arrived.value);
      }),
      effect(() => {
        if (store.resets.value) this.#tell('notification-reset');
      }),
      effect(() => {
        if (feed.mode.value === 'signed_out') this.#tell('notification-signed-out');
      }),
    ];
  }

  #tell(name: string, detail?: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }

  /** The page may have set the property before this script came. */
  #adoptEarlyToken(): void {
    if (!Object.hasOwn(this, 'token')) return;
    const early = this.token;
    delete (this as { token?: unknown }).token;
    this.token = early;
  }
}
