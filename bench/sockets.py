"""Sockets of rooms: opens many, and measures how long a message takes from its posting to the other person's socket.

A process of its own: `python -m bench.sockets`, a plan on standard input; on standard output how many are open, then,
where messages are to be posted, the measurement. The sockets stay open until standard input ends.
"""

import asyncio
import gc
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import count, islice
from typing import Any, cast

import uvloop

from bench.load import percentile
from bench.pace import STRAGGLER_SECONDS, offer

_OPENING_AT_ONCE = 32
_OPENING_SECONDS = 180.0
_LATE_WAITS = 5
_READY = b'{"event":"ready"'
_MESSAGE = b'{"event":"message"'
_TEXT, _CLOSE, _PING, _PONG = 1, 8, 9, 10


@dataclass(frozen=True, slots=True)
class Plan:
    """``sockets`` are the requests that open them, those of a room's two people side by side.

    Each of ``posts`` is of the person whose socket has its place. They are sent ``per_second``, the rooms in turn and
    in each room the two people in turn; those of the first ``warm_up_seconds`` are not timed.
    """

    port: int
    sockets: Sequence[str]
    posts: Sequence[str] = ()
    per_second: float = 0
    seconds: float = 0
    warm_up_seconds: float = 0


@dataclass(frozen=True, slots=True)
class Talk:
    """How many messages were posted, and milliseconds from when one was due to its frame in the other's socket.

    ``wrong`` counts the frames, of one for each message in each of its room's two sockets, that did not come, came
    again or came elsewhere.
    """

    posted: int
    wrong: int
    p50: float
    p99: float
    client_share: float


Arrivals = list[tuple[bytes, int, float]]
"""Which message came to which socket, and when."""


class _Socket(asyncio.Protocol):
    """One open WebSocket: notes when each message came, and answers pings."""

    def __init__(self, place: int, request: bytes, arrivals: Arrivals) -> None:
        self._place = place
        self._request = request
        self._arrivals = arrivals
        self._rest = b""
        self._is_upgraded = False
        self._transport: asyncio.Transport | None = None
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        now = time.perf_counter()
        data = self._rest + data if self._rest else data
        start = 0
        if not self._is_upgraded:
            head = data.find(b"\r\n\r\n")
            if head < 0 or not data.startswith(b"HTTP/1.1 101"):
                self._rest = data
                if head >= 0:
                    self._fail(RuntimeError(f"answer: {data[:300]!r}"))
                return
            self._is_upgraded, start = True, head + 4
        while (end := _end_of_frame(data, start)) is not None:
            body, after = end
            self._take(data[start] & 15, data[body:after], now)
            start = after
        self._rest = data[start:]

    def connection_lost(self, _error: Exception | None) -> None:
        self._fail(ConnectionResetError("the server closed a socket"))

    def _take(self, kind: int, content: bytes, now: float) -> None:
        if kind == _PING:
            assert self._transport is not None
            self._transport.write(bytes((128 | _PONG, 128 | len(content))) + bytes(4) + content)  # masked with zeros
        elif kind == _CLOSE:
            self._fail(RuntimeError(f"the server closed a socket: {content!r}"))
        elif content.startswith(_MESSAGE):
            self._arrivals.append((json.loads(content)["data"]["message"]["id"].encode(), self._place, now))
        elif content.startswith(_READY):
            self.ready.set_result(None)

    def _fail(self, error: Exception) -> None:
        if not self.ready.done():
            self.ready.set_exception(error)


def _end_of_frame(data: bytes, start: int) -> tuple[int, int] | None:
    """Where the body of the frame begins and ends; None when it is not there yet. A server's frames have no mask."""
    if len(data) < start + 2:
        return None
    body, length = start + 2, data[start + 1]
    if length > 125:
        body += 2 if length == 126 else 8
        length = int.from_bytes(data[start + 2 : body], "big")
    return (body, body + length) if len(data) >= body + length else None


async def _open(plan: Plan, arrivals: Arrivals) -> list[_Socket]:
    loop = asyncio.get_running_loop()
    slots = asyncio.Semaphore(_OPENING_AT_ONCE)

    async def open_one(place: int, request: str) -> _Socket:
        async with slots:
            socket = _Socket(place, request.encode(), arrivals)
            await loop.create_connection(lambda: socket, "127.0.0.1", plan.port)
            await socket.ready
            return socket

    async with asyncio.timeout(_OPENING_SECONDS):
        return list(await asyncio.gather(*(open_one(*each) for each in enumerate(plan.sockets))))


def _turns(places: int) -> Iterator[int]:
    """Whose turn it is to post, for ever: in each round one person of each room."""
    return (2 * room + turn % 2 for turn in count() for room in range(places // 2))


async def _talk(plan: Plan, arrivals: Arrivals) -> Talk:
    warm_up, total = (int(plan.per_second * seconds) for seconds in (plan.warm_up_seconds, plan.seconds))
    authors = list(islice(_turns(len(plan.posts)), warm_up + total))
    offered = await offer(plan.port, (plan.posts[author] for author in authors), plan.per_second, status=201)
    # What is late on a busy machine is not lost.
    for _ in range(_LATE_WAITS):
        if len(arrivals) >= 2 * len(authors):
            break
        await asyncio.sleep(STRAGGLER_SECONDS)
    authors_of = dict(zip(offered.due, authors, strict=True))
    other = {(key, author ^ 1): index for index, (key, author) in enumerate(authors_of.items())}
    taken = [float("inf")] * len(authors)
    for key, place, at in arrivals:
        if (index := other.get((key, place))) is not None:
            taken[index] = min(taken[index], 1000 * (at - offered.due[key]))
    came = Counter((key, place) for key, place, _ in arrivals)
    expected = Counter({(key, place): 1 for key, author in authors_of.items() for place in (author, author ^ 1)})
    wrong = (came - expected).total() + (expected - came).total()
    taken = taken[warm_up:]
    return Talk(len(authors), wrong, percentile(taken, 0.5), percentile(taken, 0.99), offered.client_share)


async def _run(plan: Plan) -> None:
    arrivals: Arrivals = []
    sockets = await _open(plan, arrivals)
    _answer({"open": len(sockets)})
    gc.collect()
    gc.disable()
    if plan.posts:
        _answer(asdict(await _talk(plan, arrivals)))
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
