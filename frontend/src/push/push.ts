import { type Signal, signal } from '@preact/signals-core';
import { keyBytes, sameKey } from './keys.ts';
import { subscriptionOf } from './subscription.ts';
import type { PushBrowser, PushWire } from './types.ts';

/**
 * `unknown`: not asked yet. `unavailable`: the browser or the server cannot. `blocked`: the browser was told to refuse.
 * `off` and `on` are about this browser; whether the person wants push at all is a setting.
 */
export type PushState = 'unknown' | 'unavailable' | 'blocked' | 'off' | 'on';

/** Thrown when the browser does not let the portal show notifications. */
export class Denied extends Error {
  override name = 'Denied';
}

/** Whether this browser shows what happens while no page of the portal is open. */
export class Push {
  readonly state: Signal<PushState> = signal('unknown');

  readonly #browser: PushBrowser | null;
  readonly #wire: PushWire;

  /** `browser` is null where the browser has no push. */
  constructor(browser: PushBrowser | null, wire: PushWire) {
    this.#browser = browser;
    this.#wire = wire;
  }

  /** Finds out how things stand; throws what the server's answer throws. */
  async look(person: string): Promise<void> {
    const key = this.#browser && (await this.#wire.publicKey());
    if (!this.#browser || key === null) this.state.value = 'unavailable';
    else if (this.#browser.permission() === 'denied') this.state.value = 'blocked';
    else {
      const current = await this.#browser.current();
      this.state.value = current && this.#browser.owner() === person ? 'on' : 'off';
    }
  }

  /** Asks the browser's permission if need be: call it from a click. Throws `Denied`, or why it did not work. */
  async turnOn(person: string): Promise<void> {
    const browser = this.#browser;
    if (!browser) return;
    // First of all: a browser asks only as long as the click is fresh.
    const permission = await browser.ask();
    if (permission !== 'granted') {
      if (permission === 'denied') this.state.value = 'blocked';
      throw new Denied();
    }
    const key = await this.#wire.publicKey();
    if (key === null) {
      this.state.value = 'unavailable';
      return;
    }
    await this.#subscribe(browser, key);
    browser.setOwner(person);
    this.state.value = 'on';
  }

  /** In this browser. It is off even when the server cannot be told: what is sent no longer arrives. */
  async turnOff(): Promise<void> {
    this.#browser?.setOwner(null);
    await this.leave();
  }

  /** Somebody signed in, or is: takes up what they chose here, or ends what somebody else did. Never throws. */
  async resume(person: string): Promise<void> {
    const browser = this.#browser;
    const owner = browser?.owner();
    if (!browser || !owner) return;
    try {
      if (owner !== person) {
        await this.leave();
        // Last: the page may end in between, and the next one has to know that there is something to end.
        browser.setOwner(null);
        return;
      }
      if (browser.permission() !== 'granted') return;
      const key = await this.#wire.publicKey();
      if (key === null) return;
      await this.#subscribe(browser, key);
      this.state.value = 'on';
    } catch {
      // The next page tries again.
    }
  }

  /**
   * Nobody is signed in here any more, or is about to be: nothing is to appear here. Never throws; who wanted push is
   * remembered, so that it comes back with them.
   */
  async leave(): Promise<void> {
    if (this.state.peek() === 'on') this.state.value = 'off';
    try {
      const current = await this.#browser?.current();
      if (!current) return;
      const told = this.#wire.unsubscribe(current.endpoint).catch(() => undefined);
      await current.unsubscribe();
      await told;
    } catch {
      // Without the browser's push service there is nothing that could arrive.
    }
  }

  async #subscribe(browser: PushBrowser, key: string): Promise<void> {
    const manager = await browser.manager();
    const applicationServerKey = keyBytes(key);
    let subscription = await manager.getSubscription();
    // The server may have got a new key since: what is signed by it would be refused.
    if (subscription && !sameKey(subscription.options.applicationServerKey, applicationServerKey)) {
      await subscription.unsubscribe();
      subscription = null;
    }
    subscription ??= await manager.subscribe({ userVisibleOnly: true, applicationServerKey });
    await this.#wire.subscribe(subscriptionOf(subscription));
  }
}
