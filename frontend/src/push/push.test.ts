import { beforeEach, expect, test } from 'vitest';
import { Problem } from '../shared/http.ts';
import { Denied, Push } from './push.ts';
import type { PushBrowser, PushWire, Subscription } from './types.ts';

const key = 'BAUG';
const otherKey = 'BAUH';

/** A browser with a push service. */
class FakeBrowser implements PushBrowser {
  allowed: NotificationPermission = 'default';
  /** What the person answers when asked. */
  answer: NotificationPermission = 'granted';
  subscribed: PushSubscription | null = null;
  person: string | null = null;
  made = 0;

  permission = () => this.allowed;
  ask = async () => {
    if (this.allowed === 'default') this.allowed = this.answer;
    return this.allowed;
  };
  current = async () => this.subscribed;
  owner = () => this.person;
  setOwner = (person: string | null) => {
    this.person = person;
  };

  manager = async () =>
    ({
      getSubscription: this.current,
      subscribe: async ({ applicationServerKey }: { applicationServerKey: Uint8Array<ArrayBuffer> }) => {
        this.made += 1;
        const endpoint = `https://push.example.com/${this.made}`;
        this.subscribed = {
          endpoint,
          options: { applicationServerKey: applicationServerKey.buffer },
          toJSON: () => ({ endpoint, keys: { p256dh: 'p', auth: 'a' } }),
          unsubscribe: async () => {
            this.subscribed = null;
            return true;
          },
        } as unknown as PushSubscription;
        return this.subscribed;
      },
    }) as unknown as PushManager;
}

class FakeServer implements PushWire {
  key: string | null = key;
  subscriptions: Subscription[] = [];
  failing: Problem | null = null;

  publicKey = async () => this.key;

  async subscribe(subscription: Subscription): Promise<void> {
    if (this.failing) throw this.failing;
    this.subscriptions = [
      ...this.subscriptions.filter((s) => s.endpoint !== subscription.endpoint),
      subscription,
    ];
  }

  async unsubscribe(endpoint: string): Promise<void> {
    if (this.failing) throw this.failing;
    this.subscriptions = this.subscriptions.filter((subscription) => subscription.endpoint !== endpoint);
  }
}

let browser: FakeBrowser;
let server: FakeServer;
let push: Push;

beforeEach(() => {
  browser = new FakeBrowser();
  server = new FakeServer();
  push = new Push(browser, server);
});

test('turned on, the server knows the browser', async () => {
  await push.look('clara');
  expect(push.state.value).toBe('off');
  await push.turnOn('clara');
  expect(push.state.value).toBe('on');
  expect(server.subscriptions).toEqual([
    { endpoint: 'https://push.example.com/1', keys: { p256dh: 'p', auth: 'a' } },
  ]);
});

test('turned off, neither the server nor the browser knows of it', async () => {
  await push.turnOn('clara');
  await push.turnOff();
  expect(push.state.value).toBe('off');
  expect(server.subscriptions).toEqual([]);
  expect(browser.subscribed).toBeNull();
  await push.resume('clara');
  expect(server.subscriptions).toEqual([]);
});

test('it is off here even when the server cannot be told', async () => {
  await push.turnOn('clara');
  server.failing = new Problem(0);
  await push.turnOff();
  expect(push.state.value).toBe('off');
  expect(browser.subscribed).toBeNull();
});

test('a browser that says no is told apart from one that was not asked', async () => {
  browser.answer = 'denied';
  await expect(push.turnOn('clara')).rejects.toThrow(Denied);
  expect(push.state.value).toBe('blocked');
  expect(browser.subscribed).toBeNull();
  await push.look('clara');
  expect(push.state.value).toBe('blocked');
});

test('a question that was closed without an answer can be asked again', async () => {
  browser.answer = 'default';
  await push.look('clara');
  await expect(push.turnOn('clara')).rejects.toThrow(Denied);
  expect(push.state.value).toBe('off');
});

test('without a key on the server, or push in the browser, there is none', async () => {
  server.key = null;
  await push.look('clara');
  expect(push.state.value).toBe('unavailable');
  const without = new Push(null, server);
  await without.look('clara');
  expect(without.state.value).toBe('unavailable');
});

test('what the server refuses is not on', async () => {
  await push.look('clara');
  server.failing = new Problem(500);
  await expect(push.turnOn('clara')).rejects.toThrow(Problem);
  expect(push.state.value).toBe('off');
});

test('it ends with the sign-in, and comes back with the person', async () => {
  await push.turnOn('clara');
  await push.leave();
  expect(server.subscriptions).toEqual([]);
  expect(browser.subscribed).toBeNull();
  await push.resume('clara');
  expect(server.subscriptions).toHaveLength(1);
});

test('whoever signs in next gets nothing that is meant for the one before', async () => {
  await push.turnOn('clara');
  await push.resume('deniz');
  expect(browser.subscribed).toBeNull();
  expect(server.subscriptions).toEqual([]);
  await push.look('deniz');
  expect(push.state.value).toBe('off');
});

test('what is meant for the one before ends with the next page, should this one end in the middle', async () => {
  await push.turnOn('clara');
  browser.current = () => new Promise(() => {});
  void push.resume('deniz');
  browser.current = async () => browser.subscribed;
  await new Push(browser, server).resume('deniz');
  expect(browser.subscribed).toBeNull();
  expect(server.subscriptions).toEqual([]);
});

test('nobody who did not ask for it is subscribed', async () => {
  browser.allowed = 'granted';
  await push.resume('clara');
  expect(browser.subscribed).toBeNull();
});

test('a new key of the server is a new subscription', async () => {
  await push.turnOn('clara');
  server.key = otherKey;
  await push.resume('clara');
  expect(browser.made).toBe(2);
  expect(server.subscriptions.at(-1)?.endpoint).toBe('https://push.example.com/2');
  await push.resume('clara');
  expect(browser.made).toBe(2);
});
