"""Load: requests over a number of connections for some seconds, on each the next as soon as the last is answered.

A process of its own, so that it takes its time from another core than the server's:
`python -m bench.load`, a plan on standard input, the measurement on standard output.
"""

import asyncio
import gc
import itertools
import json
import re
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, cast
from uuid import uuid4

import uvloop

from bench.people import FRESH_UUID

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Plan:
    """``requests`` are those of each connection, sent in turn; ``keep_alive`` is what the server does."""

    port: int
    requests: Sequence[Sequence[str]]
    seconds: float = 3.0
    warm_up_seconds: float = 1.0
    status: int = 200
    keep_alive: bool = True


@dataclass(frozen=True, slots=True)
class Load:
    """What was measured; latencies in milliseconds, ``client_share`` is the load's own part of a core."""

    per_second: float
    p50: float
    p99: float
    client_share: float


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def is_whole(answer: bytes) -> bool:
    """Whether an answer of known length has come to its end."""
    head = answer.find(b"\r\n\r\n")
    if head < 0:
        return False
    length = _LENGTH.search(answer, 0, head)
    return length is None or len(answer) >= head + 4 + int(length[1])


class _Sender(asyncio.Protocol):
    """One connection after the other to the same server, with at most one request under way."""

    def __init__(self, plan: Plan, requests: Sequence[str], latencies: list[float]) -> None:
        self._plan = plan
        self._requests = _encoded(requests)
        self._latencies = latencies
        self._status = b"HTTP/1.1 %d" % plan.status
        self._answer = b""
        self._started = 0.0
        self._transport: asyncio.Transport | None = None
        self._is_over = False
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def connect(self) -> None:
        self._started = time.perf_counter()
        try:
            await asyncio.get_running_loop().create_connection(lambda: self, "127.0.0.1", self._plan.port)
        except OSError as error:
            self._fail(error)

    def close(self) -> None:
        self._is_over = True
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(next(self._requests))

    def data_received(self, data: bytes) -> None:
        answer = self._answer = self._answer + data if self._answer else data
        if not is_whole(answer):
            return
        if not answer.startswith(self._status):
            self._fail(RuntimeError(f"answer: {answer[:300]!r}"))
            return
        self._answer = b""
        now = time.perf_counter()
        self._latencies.append(now - self._started)
        assert self._transport is not None
        if self._plan.keep_alive:
            self._started = now
            self._transport.write(next(self._requests))
        else:
            self._transport.close()

    def connection_lost(self, _error: Exception | None) -> None:
        if self._is_over:
            return
        if self._plan.keep_alive:
            self._fail(ConnectionResetError("the server closed a connection"))
        else:
            self._connecting = asyncio.ensure_future(self.connect())

    def _fail(self, error: Exception) -> None:
        if not self._is_over and not self.failed.done():
            self.failed.set_exception(error)


def _encoded(requests: Sequence[str]) -> Iterator[bytes]:
    parts = [request.encode().split(FRESH_UUID.encode()) for request in requests]
    for request in itertools.cycle(parts):
        yield request[0] if len(request) == 1 else str(uuid4()).encode().join(request)


async def _measure(plan: Plan) -> Load:
    latencies: list[float] = []
    senders = [_Sender(plan, requests, latencies) for requests in plan.requests]
    await asyncio.gather(*(sender.connect() for sender in senders))
    failures = [sender.failed for sender in senders]
    await _pass(plan.warm_up_seconds, failures)
    latencies.clear()
    started, cpu = time.perf_counter(), time.process_time()
    await _pass(plan.seconds, failures)
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    milliseconds = [1000 * each for each in latencies]
    for sender in senders:
        sender.close()
    if not milliseconds:
        raise RuntimeError("nothing was answered")
    return Load(
        len(milliseconds) / seconds, percentile(milliseconds, 0.5), percentile(milliseconds, 0.99), cpu / seconds
    )


async def _pass(seconds: float, failures: Sequence["asyncio.Future[None]"]) -> None:
    """Lets the time pass; raises what a sender failed with."""
    done, _ = await asyncio.wait(failures, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
    for failure in done:
        failure.result()


def main() -> None:
    plan = Plan(**json.loads(sys.stdin.readline()))
    gc.disable()
    try:
        answer: dict[str, Any] = asdict(uvloop.run(_measure(plan)))
    except (OSError, RuntimeError) as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
