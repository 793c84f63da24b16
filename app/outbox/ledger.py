"""What became of rows, put down many at a time while the next ones are being delivered."""

import asyncio
import random
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.database import Database
from app.outbox import queries
from app.outbox.courier import Courier, Parcel, Refused
from app.outbox.faults import is_of_the_database, told_in_logs
from app.outbox.measures import Measures
from app.outbox.queries import Outcome

log = structlog.get_logger(__name__)

_ROOM = 64  # for outcomes that are not put down yet: who cannot put them down must not deliver more
_GATHERING = 0.01
"""Seconds in which entries come together: long enough to save most transactions, short for what would be sent twice."""
_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 10.0


@dataclass(frozen=True, slots=True)
class Entry(Generic[Parcel]):
    """What became of one row, and what was refused for good, if it was."""

    outcome: Outcome
    refusal: tuple[Parcel, Refused] | None = None


class Ledger(Generic[Parcel]):
    """Puts entries down as they come: those of a moment, or that come while a statement is under way, share one.

    What the database has not done ``within`` so many seconds is tried anew.
    """

    def __init__(self, database: Database, courier: Courier[Parcel], measures: Measures, within: float) -> None:
        self._database = database
        self._courier = courier
        self._measures = measures
        self._within = within
        self._is_behind = False
        self._entries: asyncio.Queue[Entry[Parcel]] = asyncio.Queue(_ROOM)
        self._writer: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._writer = asyncio.create_task(self._write(), name=f"ledger of {self._measures.outbox}")

    async def close(self, within: float) -> None:
        """Puts down what is left, if that takes no longer than this; leases see to the rest."""
        if self._writer is None:
            return
        try:
            async with asyncio.timeout(within):
                await self._entries.join()
        except TimeoutError:
            log.warning("outcomes_not_put_down", outbox=self._measures.outbox)
        self._writer.cancel()
        await asyncio.wait([self._writer])

    async def put(self, entry: Entry[Parcel]) -> None:
        """Returns at once, unless too much waits to be put down."""
        await self._entries.put(entry)

    def put_if_room(self, entry: Entry[Parcel]) -> None:
        """At once, or not at all: for what its lease sees to as well, if later."""
        with suppress(asyncio.QueueFull):
            self._entries.put_nowait(entry)

    async def caught_up(self) -> None:
        """Returns at once, unless the database failed: then when nothing waits to be put down any more."""
        if self._is_behind:
            await self._entries.join()

    async def _write(self) -> None:
        while True:
            entries = [await self._entries.get()]
            await asyncio.sleep(_GATHERING)
            while not self._entries.empty():
                entries.append(self._entries.get_nowait())
            await self._put_down(entries)
            for _ in entries:
                self._entries.task_done()
            self._is_behind = self._is_behind and not self._entries.empty()

    async def _put_down(self, entries: Sequence[Entry[Parcel]]) -> None:
        """Tries until it is done: what was delivered would be delivered again otherwise."""
        outcomes = [entry.outcome for entry in entries]
        refusals = [entry.refusal for entry in entries if entry.refusal is not None]
        pause = _FIRST_PAUSE
        while True:
            try:
                return await self._write_once(outcomes, refusals)
            except Exception as error:
                if not is_of_the_database(error):
                    return await self._put_down_singly(entries, error)
                log.warning("outbox_interrupted", outbox=self._measures.outbox, error=told_in_logs(error))
            self._is_behind = True
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 (jitter, not a secret)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _put_down_singly(self, entries: Sequence[Entry[Parcel]], fault: Exception) -> None:
        """One of them is to blame: its lease sees to it, and the others are put down."""
        if len(entries) == 1:
            id_ = str(entries[0].outcome.id)
            log.error("outcome_not_put_down", outbox=self._measures.outbox, id=id_, error=told_in_logs(fault))
            return
        for entry in entries:
            await self._put_down([entry])

    async def _write_once(self, outcomes: Sequence[Outcome], refusals: Sequence[tuple[Parcel, Refused]]) -> None:
        written = await self._written(outcomes, refusals)
        for outcome in outcomes:
            if outcome.id not in written:
                log.warning("outbox_row_lost", outbox=self._measures.outbox, id=str(outcome.id))
            elif not outcome.is_given_back:
                self._measures.count(outcome.state)

    async def _written(
        self, outcomes: Sequence[Outcome], refusals: Sequence[tuple[Parcel, Refused]]
    ) -> Collection[UUID]:
        table = self._courier.table
        if refusals:
            try:
                async with self._database.transaction(self._within) as transaction:
                    await queries.hold_briefly(transaction.connection)
                    written = await queries.put_down(transaction.connection, table, outcomes)
                    await self._follow(transaction.connection, refusals)
                return written
            except _NotFollowed as error:
                log.error("refusals_not_followed", outbox=self._measures.outbox, error=told_in_logs(error))
                # The rows are worth more: they are put down alone.
        async with self._database.reading(self._within) as connection:
            return await queries.put_down(connection, table, outcomes)

    async def _follow(self, connection: AsyncConnection, refusals: Sequence[tuple[Parcel, Refused]]) -> None:
        try:
            await self._courier.refused(connection, refusals)
        except Exception as error:
            if is_of_the_database(error):
                raise
            raise _NotFollowed(f"{type(error).__name__}: {error}") from error


class _NotFollowed(Exception):
    """The courier failed on what follows of refusals."""
