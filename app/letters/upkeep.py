"""What outboxes need whether or not anything can be sent: nobody else sees them grow while there is no way out."""

import asyncio
import random
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, timedelta
from pathlib import Path

import structlog
from prometheus_client import CollectorRegistry, Gauge
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.database import Database
from app.letters import upkeep_queries
from app.letters.pushes import LIFE
from app.letters.queries import TOO_OLD
from app.letters.upkeep_queries import GivenUp, Oldest
from app.mail.folder import forget
from app.mail.models import Email
from app.outbox.faults import told_in_logs
from app.outbox.models import Queued, State
from app.outbox.queries import delete_old
from app.push.models import Push

log = structlog.get_logger(__name__)

LATE = timedelta(minutes=15)
"""For longer nothing is due where something sends it."""

_KEPT = timedelta(days=30)
_LATELY = timedelta(days=1)
_AT_ONCE = 1000
_MEASURED_EVERY = 20.0
_TIDIED_EVERY = 3600.0


@dataclass(frozen=True, slots=True)
class _Outbox:
    name: str
    in_words: str
    table: type[Queued]
    life: timedelta
    reason: str


_OUTBOXES = (
    _Outbox("email_outbox", "e-mail", Email, TOO_OLD, "Older than three days: there was no way to send it."),
    _Outbox("push_outbox", "push", Push, LIFE, "It is older than an hour: there was no way to send it."),
)


class Upkeep:
    """Measures both outboxes, ends what nobody sent in time, and deletes what ended long ago.

    ``kept_mail`` is the folder of letters that are kept as files, where they are.

    Every process that serves does so: they leave each other alone.
    """

    def __init__(self, database: Database, registry: CollectorRegistry, kept_mail: Path | None = None) -> None:
        self._database = database
        self._kept_mail = kept_mail
        self._oldest = Gauge(
            "portal_outbox_oldest_due_seconds",
            "For how long the row has been due that is due for the longest",
            ["outbox"],
            registry=registry,
            multiprocess_mode="livemax",
        )
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._tasks = [
            asyncio.create_task(self._measure_often(), name="measures of outboxes"),
            asyncio.create_task(self._tidy_now_and_then(), name="upkeep of outboxes"),
        ]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task

    async def late(self, connection: AsyncConnection) -> dict[str, Oldest]:
        """What of which outbox should have left first, where it should have for longer than is well."""
        found = [(outbox.in_words, await upkeep_queries.oldest_due(connection, outbox.table)) for outbox in _OUTBOXES]
        return {name: oldest for name, oldest in found if oldest is not None and oldest.age > LATE}

    async def given_up(self, connection: AsyncConnection) -> GivenUp:
        """E-mails that nobody will get, of the last day."""
        return await upkeep_queries.given_up(connection, Email, _LATELY)

    async def said(self, connection: AsyncConnection) -> list[str]:
        """Both in a few words each, for operators; without what servers said, which may name people."""
        late = await self.late(connection)
        said = [
            f"{name} has been due since {each.since.astimezone(UTC):%Y-%m-%d %H:%M} UTC" for name, each in late.items()
        ]
        number = (await self.given_up(connection)).number
        return said + ([f"given up in the last 24 hours: {number}"] if number else [])

    async def measure(self) -> None:
        async with self._database.reading() as connection:
            for outbox in _OUTBOXES:
                oldest = await upkeep_queries.oldest_due(connection, outbox.table)
                age = timedelta() if oldest is None else oldest.age
                self._oldest.labels(outbox.name).set(age.total_seconds())

    async def tidy(self) -> None:
        """Ends what is too old, and deletes what ended long ago."""
        for outbox in _OUTBOXES:
            ended = await self._end(outbox)
            if ended:
                counts = {state.value: number for state, number in ended.items()}
                log.warning("outbox_expired", outbox=outbox.name, **counts)
            await self._purge(outbox)
        await self._forget_old_items()
        if self._kept_mail is not None:
            await forget(self._kept_mail, _KEPT)

    async def _end(self, outbox: _Outbox) -> Counter[State]:
        total: Counter[State] = Counter()
        while True:
            async with self._database.transaction() as transaction:
                ended = await upkeep_queries.end_overdue(
                    transaction.connection, outbox.table, outbox.life, outbox.reason, _AT_ONCE
                )
            total += ended
            if ended.total() < _AT_ONCE:
                return total

    async def _purge(self, outbox: _Outbox) -> None:
        deleted = _AT_ONCE
        while deleted == _AT_ONCE:
            async with self._database.transaction() as transaction:
                deleted = await delete_old(transaction.connection, outbox.table, _KEPT, _AT_ONCE)

    async def _forget_old_items(self) -> None:
        deleted = _AT_ONCE
        while deleted == _AT_ONCE:
            async with self._database.transaction() as transaction:
                deleted = await upkeep_queries.forget_old_items(transaction.connection, TOO_OLD, _AT_ONCE)

    async def _measure_often(self) -> None:
        while True:
            await _pause(_MEASURED_EVERY)
            try:
                await self.measure()
            except Exception as error:
                log.warning("outboxes_not_measured", error=told_in_logs(error))

    async def _tidy_now_and_then(self) -> None:
        while True:
            await _pause(_TIDIED_EVERY)
            try:
                await self.tidy()
            except Exception as error:
                log.warning("outboxes_not_tidied", error=told_in_logs(error))


async def _pause(seconds: float) -> None:
    """About so long: processes that started together do not all look at once."""
    await asyncio.sleep(seconds * random.uniform(0.75, 1.25))  # noqa: S311 (jitter, not a secret)
