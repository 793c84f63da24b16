"""Streams: opens many, and measures how long a notification takes from its creation into its recipient's stream.

A process of its own: `python -m bench.streams`, a plan on standard input; on standard output how many are open, then,
where notifications are to be created, the measurement. The streams stay open until standard input ends.
"""

import asyncio
import gc
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from typing import Any, cast

import uvloop

from bench.load import percentile
from bench.pace import offer

_OPENING_AT_ONCE = 32
_OPENING_SECONDS = 180.0
_SOURCE = b'"source_id":"'
_UUID_CHARACTERS = 36


@dataclass(frozen=True, slots=True)
class Plan:
    """``streams`` are the requests that open them; ``creates`` are sent in turn, ``per_second``, for ``seconds``."""

    port: int
    streams: Sequence[str]
    creates: Sequence[str] = ()
    per_second: float = 0
    seconds: float = 0


@dataclass(frozen=True, slots=True)
class Delivery:
    """Of how many creates how many came as a frame; milliseconds from when one was due to its frame."""

    created: int
    received: int
    p50: float
    p99: float
    client_share: float


class _Stream(asyncio.Protocol):
    """One open stream: notes when each notification came."""

    def __init__(self, request: bytes, arrivals: dict[bytes, float]) -> None:
        self._request = request
        self._arrivals = arrivals
        self._rest = b""
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast(asyncio.Transport, transport).write(self._request)

    def data_received(self, data: bytes) -> None:
        now = time.perf_counter()
        data = self._rest + data
        end = data.rfind(b"\n\n")
        self._rest = data[end + 2 :] if end >= 0 else data
        if not self.ready.done():
            self._expect_ready(data)
        found = data.find(_SOURCE, 0, max(end, 0))
        while found >= 0:
            start = found + len(_SOURCE)
            self._arrivals[data[start : start + _UUID_CHARACTERS]] = now
            found = data.find(_SOURCE, start, end)

    def connection_lost(self, _error: Exception | None) -> None:
        if not self.ready.done():
            self.ready.set_exception(ConnectionResetError("the server closed a stream"))

    def _expect_ready(self, data: bytes) -> None:
        if b"event: ready" in data:
            self.ready.set_result(None)
        elif not data.startswith(b"HTTP/1.1 200"):
            self.ready.set_exception(RuntimeError(f"answer: {data[:300]!r}"))


async def _open(plan: Plan, arrivals: dict[bytes, float]) -> list[_Stream]:
    loop = asyncio.get_running_loop()
    slots = asyncio.Semaphore(_OPENING_AT_ONCE)

    async def open_one(request: str) -> _Stream:
        async with slots:
            stream = _Stream(request.encode(), arrivals)
            await loop.create_connection(lambda: stream, "127.0.0.1", plan.port)
            await stream.ready
            return stream

    async with asyncio.timeout(_OPENING_SECONDS):
        return list(await asyncio.gather(*(open_one(request) for request in plan.streams)))


async def _deliver(plan: Plan, arrivals: dict[bytes, float]) -> Delivery:
    total = int(plan.per_second * plan.seconds)
    offered = await offer(plan.port, islice(cycle(plan.creates), total), plan.per_second, status=204)
    taken = [1000 * (arrivals.get(key, float("inf")) - at) for key, at in offered.due.items()]
    received = sum(each < float("inf") for each in taken)
    return Delivery(total, received, percentile(taken, 0.5), percentile(taken, 0.99), offered.client_share)


async def _run(plan: Plan) -> None:
    arrivals: dict[bytes, float] = {}
    streams = await _open(plan, arrivals)
    _answer({"open": len(streams)})
    gc.collect()
    gc.disable()
    if plan.creates:
        _answer(asdict(await _deliver(plan, arrivals)))
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


def _answer(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def main() -> None:
    plan = Plan(**json.loads(sys.stdin.readline()))
    try:
        uvloop.run(_run(plan))
    except (OSError, RuntimeError, TimeoutError) as error:
        _answer({"error": f"{type(error).__name__}: {error}"})


if __name__ == "__main__":
    main()
