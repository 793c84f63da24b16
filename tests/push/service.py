"""A push service of the tests' own, and browsers that subscribe at it."""

import json
import ssl
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import http_ece
import trustme
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jose import jwt

Answer = int | tuple[int, dict[str, str]] | Callable[[web.Request], Awaitable[web.StreamResponse]]
"""A status, perhaps with headers, or what is done with the request."""

KEYS_OF_NOBODY = {
    "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
    "auth": "BTBZMqHH6r4Tts7J_aSIgg",
}
"""As a browser gives them (RFC 8291, 5)."""


@dataclass(frozen=True)
class Received:
    path: str
    headers: dict[str, str]
    body: bytes

    def claims(self, public_key: str, audience: str) -> dict[str, Any]:
        """What the sender says of itself, signed by this key for this push service."""
        scheme, _, fields = self.headers["authorization"].partition(" ")
        token, key = (part.partition("=")[2] for part in fields.split(","))
        assert (scheme, key) == ("vapid", public_key)
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unpadded(key))
        pem = point.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        claims: dict[str, Any] = jwt.decode(token, pem, algorithms=["ES256"], audience=audience)
        return claims


@dataclass
class PushService:
    """Keeps what arrives at each path, and answers 201 unless it is told otherwise."""

    port: int
    received: list[Received] = field(default_factory=list)
    answers: dict[str, deque[Answer]] = field(default_factory=lambda: defaultdict(deque))

    def at(self, path: str) -> list[Received]:
        return [each for each in self.received if each.path == path]

    async def take(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.received.append(Received(request.path, headers, await request.read()))
        waiting = self.answers[request.path]
        answer = waiting.popleft() if waiting else 201
        if callable(answer):
            return await answer(request)
        status, more = answer if isinstance(answer, tuple) else (answer, {})
        return web.Response(status=status, headers=more)


class Browser:
    """One browser's subscription, and the keys by which only it reads what is pushed to it."""

    def __init__(self, port: int, *, host: str = "localhost") -> None:
        self.path = f"/push/{uuid4()}"
        self.endpoint = f"https://{host}:{port}{self.path}"
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._secret = uuid4().bytes
        point = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.keys = {"p256dh": padded(point).rstrip("="), "auth": padded(self._secret).rstrip("=")}

    @property
    def subscription(self) -> dict[str, Any]:
        """As the browser gives it to the page."""
        return {"endpoint": self.endpoint, "expirationTime": None, "keys": self.keys}

    def read(self, received: Received) -> dict[str, Any]:
        """What was encrypted for this browser (RFC 8291)."""
        assert received.headers["content-encoding"] == "aes128gcm"
        content = http_ece.decrypt(received.body, private_key=self._key, auth_secret=self._secret, version="aes128gcm")
        read: dict[str, Any] = json.loads(content)
        return read


@asynccontextmanager
async def push_service(ca: trustme.CA, *names: str) -> AsyncIterator[PushService]:
    """Over TLS, with a certificate for these names."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ca.issue_cert(*(names or ("localhost",))).configure_cert(context)
    service = PushService(0)
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", service.take)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
        await site.start()
        service.port = runner.addresses[0][1]
        yield service
    finally:
        await runner.cleanup()


def padded(content: bytes) -> str:
    return urlsafe_b64encode(content).decode()


def unpadded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
