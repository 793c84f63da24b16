"""Push in a browser of the tests': a push service that takes every browser, and messages from it."""

import asyncio
import json
from base64 import urlsafe_b64encode
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.async_api import CDPSession, Page, Worker

from tests.running import until

ENDPOINT = "https://localhost/push/"
"""Where nobody listens: nothing is to be sent there."""


def push_service(answer: str = "granted") -> str:
    """A script that gives a page its push service; ``answer`` is what the person says when the browser asks.

    What is subscribed lasts as long as the browser's storage, as a real subscription does.
    """
    return f"const ANSWER = {json.dumps(answer)}, KEY = {json.dumps(_public_key())};" + _SCRIPT


def _public_key() -> str:
    point = ec.generate_private_key(ec.SECP256R1()).public_key()
    return urlsafe_b64encode(point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)).decode().rstrip("=")


_SCRIPT = f"""
const kept = 'push service';
const answered = () => localStorage.getItem(kept + ' answer') ?? 'default';
Object.defineProperty(Notification, 'permission', {{ get: answered }});
Notification.requestPermission = async () => {{
  localStorage.setItem(kept + ' answer', ANSWER);
  return ANSWER;
}};
const bytes = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0)).buffer;
const current = () => {{
  const made = JSON.parse(localStorage.getItem(kept));
  return made && {{
    endpoint: made.endpoint,
    options: {{ applicationServerKey: bytes(made.server) }},
    toJSON: () => ({{ endpoint: made.endpoint, keys: {{ p256dh: KEY, auth: 'c2l4dGVlbiBieXRlcyAhIQ' }} }}),
    unsubscribe: async () => {{ localStorage.removeItem(kept); return true; }},
  }};
}};
PushManager.prototype.getSubscription = async () => current();
PushManager.prototype.subscribe = async ({{ userVisibleOnly, applicationServerKey }}) => {{
  if (!userVisibleOnly) throw new TypeError('pushes that show nothing are refused');
  const server = btoa(String.fromCharCode(...applicationServerKey));
  const endpoint = '{ENDPOINT}' + crypto.randomUUID();
  localStorage.setItem(kept, JSON.stringify({{ endpoint, server }}));
  return current();
}};
"""


class ServiceWorker:
    """The service worker of a page's browser, as the browser's debugger has hold of it."""

    def __init__(self, debugger: CDPSession, inside: Worker, registration: str, origin: str) -> None:
        self._debugger = debugger
        self._inside = inside
        self._registration = registration
        self._origin = origin

    async def is_pushed(self, content: str) -> None:
        """Hands over what a push service would; returns when something was shown.

        Nobody is to ask for notifications before: what is not on the screen yet, the browser takes for dismissed.
        """
        message = {"origin": self._origin, "registrationId": self._registration, "data": content}
        async with asyncio.timeout(60):
            await self._inside.evaluate(_WATCH)
            await self._debugger.send("ServiceWorker.deliverPushMessage", message)
            await self._inside.evaluate("() => self.isShown")


_INSTALL = """
navigator.serviceWorker.register('/sw.js')
  .then(() => navigator.serviceWorker.ready)
  .then(({ active }) => new Promise((resolve) => {
    const look = () => active.state === 'activated' && resolve();
    active.addEventListener('statechange', look);
    look();
  }))
"""
_WATCH = """() => {
  const show = ServiceWorkerRegistration.prototype.showNotification;
  self.isShown = new Promise((resolve) => {
    self.registration.showNotification = async (...said) => {
      await show.apply(self.registration, said);
      resolve();
    };
  });
}"""


async def installed_worker(page: Page, origin: str) -> ServiceWorker:
    """Installs the page's service worker, and finds it."""
    debugger = await page.context.new_cdp_session(page)
    registrations: list[dict[str, Any]] = []
    debugger.on("ServiceWorker.workerRegistrationUpdated", lambda news: registrations.extend(news["registrations"]))
    await debugger.send("ServiceWorker.enable")
    await page.evaluate(_INSTALL)

    async def is_found() -> bool:
        return bool(registrations and page.context.service_workers)

    await until(is_found)
    [inside] = page.context.service_workers
    return ServiceWorker(debugger, inside, registrations[-1]["registrationId"], origin)
