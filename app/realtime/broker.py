"""How processes tell each other what happened: the protocol, and its Postgres form over LISTEN/NOTIFY."""

import asyncio
import json
import random
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any, Protocol

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.database import Connector, Signal
from app.realtime.queries import notify

log = structlog.get_logger(__name__)

CHANNEL = "client_portal"
_PAYLOAD_LIMIT = 7900  # Postgres refuses 8000 bytes
_PROBE_SECONDS = 5.0
_BACKOFF_SECONDS = (0.1, 5.0)

Handler = Callable[[dict[str, Any]], None]


class Broker(Protocol):
    """Carries signals to every process. A signal is a hint: whoever hears it reads the truth from the database."""

    @property
    def is_connected(self) -> bool:
        """Whether signals are heard at this moment."""

    async def carry(self, connection: AsyncConnection, signals: Sequence[Signal]) -> None:
        """Sends signals with the transaction of this connection: when it commits, and only then."""

    def on(self, kind: str, handler: Handler) -> None:
        """Calls ``handler`` with the content of each signal of this kind, in commit order. It must not block."""

    def on_gap(self, handler: Callable[[], None]) -> None:
        """Calls ``handler`` whenever signals may have been missed."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...


class PostgresBroker:
    """LISTEN/NOTIFY on a direct connection of its own, probed and reopened."""

    def __init__(self, url: str) -> None:
        self._connect = Connector(url, application_name="client-portal listener")
        self._handlers: dict[str, list[Handler]] = {}
        self._gap_handlers: list[Callable[[], None]] = []
        self._connected = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def is_connected(self) -> bool:
        return self._connected.is_set()

    async def carry(self, connection: AsyncConnection, signals: Sequence[Signal]) -> None:
        await notify(connection, CHANNEL, list(_payloads(signals)))

    def on(self, kind: str, handler: Handler) -> None:
        self._handlers.setdefault(kind, []).append(handler)

    def on_gap(self, handler: Callable[[], None]) -> None:
        self._gap_handlers.append(handler)

    async def start(self) -> None:
        """Starts listening; waits a moment for the first connection but not for ever: it goes on trying."""
        self._task = asyncio.create_task(self._listen_forever(), name="listener")
        with suppress(TimeoutError):
            await asyncio.wait_for(self._connected.wait(), timeout=5)

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _listen_forever(self) -> None:
        backoff = _BACKOFF_SECONDS[0]
        while True:
            try:
                await self._listen()
            except Exception as error:
                if self._connected.is_set():
                    backoff = _BACKOFF_SECONDS[0]
                self._connected.clear()
                log.warning("listener_lost", error=repr(error))
            await asyncio.sleep(backoff * random.uniform(0.5, 1.5))  # noqa: S311 (jitter, not a secret)
            backoff = min(backoff * 2, _BACKOFF_SECONDS[1])

    async def _listen(self) -> None:
        """Listens until the connection fails. Probes it, because a half-open socket says nothing by itself."""
        connection = await self._connect()
        lost = asyncio.Event()
        try:
            connection.add_termination_listener(lambda _: lost.set())
            await connection.add_listener(CHANNEL, self._receive)
            self._connected.set()
            # Listening first, then telling all to read anew: nothing falls between.
            for handler in self._gap_handlers:
                handler()
            while not lost.is_set():
                with suppress(TimeoutError):
                    await asyncio.wait_for(lost.wait(), timeout=_PROBE_SECONDS)
                    break
                await connection.execute("SELECT 1", timeout=_PROBE_SECONDS)
            raise ConnectionResetError("the listening connection was closed")
        finally:
            connection.terminate()

    def _receive(self, _connection: object, _pid: int, _channel: str, payload: str) -> None:
        try:
            for kind, content in json.loads(payload):
                for handler in self._handlers.get(kind, ()):
                    handler(content)
        except (LookupError, TypeError, ValueError) as error:
            # Anybody who may connect to the database may send on the channel.
            log.warning("signal_not_understood", error=repr(error))


def _payloads(signals: Iterable[Signal]) -> Iterable[str]:
    """The signals as few payloads, none over what Postgres carries."""
    batch: list[str] = []
    size = 0
    for signal in signals:
        encoded = json.dumps([signal.kind, signal.content], separators=(",", ":"))
        if batch and size + len(encoded) > _PAYLOAD_LIMIT:
            yield f"[{','.join(batch)}]"
            batch, size = [], 0
        batch.append(encoded)
        size += len(encoded) + 1
    if batch:
        yield f"[{','.join(batch)}]"
