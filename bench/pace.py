"""Requests at a fixed pace, whatever the answers do: one that finds no idle connection waits, and its time runs."""

import asyncio
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import cast
from uuid import uuid4

from bench.load import is_whole
from bench.people import FRESH_UUID

_CONNECTIONS = 32
STRAGGLER_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Offered:
    """When each request was due to be sent, by the fresh uuid in it and in the order of sending."""

    due: dict[bytes, float]
    client_share: float


class _Sender(asyncio.Protocol):
    """A connection that sends requests; back among the idle ones as soon as its answer is in."""

    def __init__(self, status: int, idle: deque["_Sender"], waiting: deque[bytes]) -> None:
        self._expected = b"HTTP/1.1 %d" % status
        self._idle = idle
        self._waiting = waiting
        self._transport: asyncio.Transport | None = None
        self._answer = b""
        self.refused: bytes | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._idle.append(self)

    def send(self, request: bytes) -> None:
        assert self._transport is not None
        self._transport.write(request)

    def close(self) -> None:
        assert self._transport is not None
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        answer = self._answer = self._answer + data if self._answer else data
        if not is_whole(answer):
            return
        self._answer = b""
        if not answer.startswith(self._expected):
            self.refused = answer[:300]
        if self._waiting:
            self.send(self._waiting.popleft())
        else:
            self._idle.append(self)


async def offer(port: int, requests: Iterable[str], per_second: float, status: int) -> Offered:
    """Sends the requests, each with a uuid of its own, and waits a moment for the last effects.

    Raises ``RuntimeError`` when one is answered otherwise.
    """
    loop = asyncio.get_running_loop()
    idle: deque[_Sender] = deque()
    waiting: deque[bytes] = deque()
    senders = [_Sender(status, idle, waiting) for _ in range(_CONNECTIONS)]
    for sender in senders:
        await loop.create_connection(lambda sender=sender: sender, "127.0.0.1", port)  # type: ignore[misc]
    due: dict[bytes, float] = {}
    started, cpu = time.perf_counter(), time.process_time()
    for number, request in enumerate(requests):
        at = started + number / per_second
        pause = at - time.perf_counter()
        if pause > 0:
            await asyncio.sleep(pause)
        key = str(uuid4()).encode()
        due[key] = at
        if idle:
            idle.popleft().send(key.join(_parts(request)))
        else:
            waiting.append(key.join(_parts(request)))
    share = (time.process_time() - cpu) / (time.perf_counter() - started)
    await asyncio.sleep(STRAGGLER_SECONDS)
    for sender in senders:
        if sender.refused:
            raise RuntimeError(f"answer: {sender.refused!r}")
        sender.close()
    return Offered(due, share)


@cache
def _parts(request: str) -> list[bytes]:
    return request.encode().split(FRESH_UUID.encode())
