"""What surrounds every request: its log line and measures, safe headers, a limit on bodies. Plain ASGI."""

import asyncio
import re
import secrets
import time
from functools import lru_cache
from itertools import count

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.problems import problem_body, unexpected

log = structlog.get_logger("request")

BODY_LIMIT = 1024 * 1024
_DRAIN_SECONDS = 5.0
_DRAINED_BYTES = 64 * 1024 * 1024

_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
)


class Observe:
    """Counts each request and times its answer's beginning, under its route's template; logs what was refused."""

    def __init__(self, app: ASGIApp, registry: CollectorRegistry) -> None:
        self.app = app
        self._process = f"{secrets.token_hex(6)}-"
        self._numbers = count(1)
        self._requests = Counter(
            "portal_http_requests", "Answered requests", ["method", "route", "status"], registry=registry
        )
        self._seconds = Histogram(
            "portal_http_request_seconds", "Time until an answer begins", ["method", "route"], registry=registry
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        seconds = 0.0
        request_id = f"{self._process}{next(self._numbers):x}"
        status = 500

        async def send_with_id(message: Message) -> None:
            nonlocal status, seconds
            if message["type"] == "http.response.start":
                status = message["status"]
                seconds = time.perf_counter() - started
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            await self.app(scope, receive, send_with_id)
        finally:
            route = getattr(scope.get("route"), "path", "other")
            method = scope["method"] if route != "other" else "any"
            answered, timed = self._measures(method, route, status)
            answered.inc()
            timed.observe(seconds)
            if status >= 400:
                log.info("refused", method=scope["method"], path=scope["path"], status=status, request_id=request_id)

    @lru_cache(maxsize=1024)  # noqa: B019 (one for the life of the application)
    def _measures(self, method: str, route: str, status: int) -> tuple[Counter, Histogram]:
        return self._requests.labels(method, route, status), self._seconds.labels(method, route)


class Harden:
    """Adds the headers that keep browsers strict, to a fault of ours too; refuses bodies over the limit unread.

    ``large_bodies`` are the addresses of routes that take larger ones and limit them by themselves.
    """

    def __init__(self, app: ASGIApp, large_bodies: re.Pattern[str] | None = None) -> None:
        self.app = app
        self._large_bodies = large_bodies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        is_api = scope["path"].startswith("/api/")
        is_started = False

        async def send_hardened(message: Message) -> None:
            nonlocal is_started
            if message["type"] == "http.response.start":
                is_started = True
                headers = [*message.get("headers", ()), *_HEADERS]
                if is_api and not any(name == b"cache-control" for name, _ in headers):
                    headers.append((b"cache-control", b"no-store"))
                message["headers"] = headers
            await send(message)

        if self._takes_large_bodies(scope):
            large = _LargeBody(receive, send_hardened)
            receive, send_hardened = large.receive, large.send
        elif scope["method"] not in ("GET", "HEAD", "OPTIONS"):
            limited = await _within_limit(scope, receive)
            if limited is None:
                await _refuse_body(send_hardened)
                return
            receive = limited
        try:
            await self.app(scope, receive, send_hardened)
        except Exception as error:
            if is_started:
                raise
            await unexpected(Request(scope), error)(scope, receive, send_hardened)

    def _takes_large_bodies(self, scope: Scope) -> bool:
        return (
            self._large_bodies is not None
            and scope["method"] == "POST"
            and self._large_bodies.fullmatch(scope["path"]) is not None
        )


class _LargeBody:
    """Lets a refusal arrive where its body has not been read to the end.

    A server that closes at once what a client still writes to resets the connection, and the client may never see the
    answer. So the end of the answer waits until the rest has come, for a while.
    """

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._is_read = False

    async def receive(self) -> Message:
        message = await self._receive()
        self._is_read = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        if self._is_read:
            await self._send(message)
        elif message["type"] == "http.response.start":
            await self._send({**message, "headers": [*message["headers"], (b"connection", b"close")]})
        elif message.get("more_body", False):
            await self._send(message)
        else:
            await self._send({**message, "more_body": True})
            await self._drain()
            await self._send({"type": "http.response.body", "body": b""})

    async def _drain(self) -> None:
        left = _DRAINED_BYTES
        try:
            async with asyncio.timeout(_DRAIN_SECONDS):
                while not self._is_read and left > 0:
                    left -= len((await self.receive()).get("body", b""))
        except TimeoutError:
            return


async def _within_limit(scope: Scope, receive: Receive) -> Receive | None:
    """A ``receive`` whose body is within the limit, or None. A body that does not say its length is read ahead."""
    headers = Headers(scope=scope)
    length = headers.get("content-length")
    if length is not None:
        return receive if length.isdigit() and int(length) <= BODY_LIMIT else None
    if "transfer-encoding" not in headers:
        return receive
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > BODY_LIMIT:
            return None
        if not message.get("more_body", False):
            return _replay({**message, "body": bytes(body)}, receive)


def _replay(first: Message, receive: Receive) -> Receive:
    pending: list[Message] = [first]

    async def replayed() -> Message:
        return pending.pop() if pending else await receive()

    return replayed


async def _refuse_body(send: Send) -> None:
    body = problem_body(413, None, f"The request's body is over {BODY_LIMIT} bytes.")
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})
