"""Rows that are due are claimed: judged while they are locked, then taken on for the time of a lease."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Generic
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.database import Database
from app.outbox import queries
from app.outbox.claimed import Claimed, clock, tried
from app.outbox.courier import Courier, Later, Never, Parcel, Send, TooLate, Unfit, Verdict
from app.outbox.faults import is_of_the_database, told, told_in_logs, took_too_long
from app.outbox.measures import Measures
from app.outbox.models import State
from app.outbox.pace import Pace
from app.outbox.queries import Due

log = structlog.get_logger(__name__)

_LEAST_DELAY = timedelta(seconds=1)


class Claims(Generic[Parcel]):
    """Claims rows of one outbox for its courier."""

    def __init__(self, database: Database, courier: Courier[Parcel], measures: Measures, pace: Pace) -> None:
        self._database = database
        self._courier = courier
        self._table = courier.table
        self._measures = measures
        self._pace = pace
        self._lease = timedelta(seconds=pace.lease)
        self._to_take_alone = 0

    async def take(self, limit: int) -> tuple[list[Claimed[Parcel]], bool]:
        """Looks at so many due rows at most; answers those to be sent now, and whether more may be due.

        Raises what the database raises. When the judge fails on rows, they are looked at one by one: the one to blame
        is put off alone.
        """
        limit = 1 if self._to_take_alone else limit
        self._to_take_alone = max(self._to_take_alone - 1, 0)
        try:
            found, taken = await self._take(limit)
        except _Misjudged as fault:
            if len(fault.rows) == 1:
                await self._put_off_unjudged(fault.rows[0], fault.cause)
            else:
                self._to_take_alone = len(fault.rows)
            return [], True
        return taken, found == limit

    async def _take(self, limit: int) -> tuple[int, list[Claimed[Parcel]]]:
        judged_at = clock()
        async with self._database.transaction(self._pace.database) as transaction:
            await queries.hold_briefly(transaction.connection)
            rows = await queries.hold_due(transaction.connection, self._table, limit)
            if not rows:
                return 0, []
            verdicts = await self._judged(transaction.connection, rows)
            ended = await self._write_unsent(transaction.connection, rows, verdicts)
            parcels = {id_: each for id_, each in verdicts.items() if isinstance(each, Send)}
            addresses = {id_: each.address for id_, each in parcels.items()}
            generations = await self._begun(transaction.connection, addresses)
        self._count(ended)
        return len(rows), [
            Claimed(row.id, generations[row.id], row.attempts + 1, row.due_at, parcels[row.id].parcel, judged_at)
            for row in rows
            if row.id in generations
        ]

    async def _judged(self, connection: AsyncConnection, rows: Sequence[Due]) -> Mapping[UUID, Verdict[Parcel]]:
        try:
            verdicts = await self._courier.judge(connection, [row.id for row in rows], rows[0].now)
            return {row.id: verdicts[row.id] for row in rows}
        except Exception as error:
            # A single one that takes too long would keep all others from their turn.
            is_to_blame = len(rows) == 1 and took_too_long(error)
            if is_of_the_database(error) and not is_to_blame:
                raise
            raise _Misjudged(rows, error) from error

    async def _write_unsent(
        self, connection: AsyncConnection, rows: Sequence[Due], verdicts: Mapping[UUID, Verdict[Parcel]]
    ) -> list[State]:
        """Writes which rows are not sent, or not yet; answers the states of those that are not looked at again soon."""
        soonest = rows[0].now + _LEAST_DELAY
        later = {id_: max(each.at, soonest) for id_, each in verdicts.items() if isinstance(each, Later)}
        never = {id_: each.reason for id_, each in verdicts.items() if isinstance(each, Never | TooLate)}
        too_late = {id_ for id_, each in verdicts.items() if isinstance(each, TooLate)}
        unfit = {id_: each.error for id_, each in verdicts.items() if isinstance(each, Unfit)}
        if later:
            await queries.put_off(connection, self._table, later)
        ended = await queries.give_up(connection, self._table, never, too_late) if never else []
        return ended + await self._write_failed(connection, [row for row in rows if row.id in unfit], unfit)

    async def _put_off_unjudged(self, row: Due, fault: Exception) -> None:
        log.error("outbox_row_not_judged", outbox=self._measures.outbox, id=str(row.id), error=told_in_logs(fault))
        error = f"It could not be put together: {type(fault).__name__}: {told(fault)}"
        async with self._database.transaction(self._pace.database) as transaction:
            await queries.hold_briefly(transaction.connection)
            ended = await self._write_failed(transaction.connection, [row], {row.id: error})
        self._count(ended)

    async def _write_failed(
        self, connection: AsyncConnection, rows: Sequence[Due], errors: Mapping[UUID, str]
    ) -> list[State]:
        """Counts this as a try of each of these rows; answers the states of those that nobody else has by now."""
        generations = await self._begun(connection, dict.fromkeys(row.id for row in rows))
        outcomes = [
            tried(row.id, generations[row.id], row.attempts + 1, errors[row.id], self._pace)
            for row in rows
            if row.id in generations
        ]
        if outcomes:
            await queries.put_down(connection, self._table, outcomes)
        return [outcome.state for outcome in outcomes]

    async def _begun(self, connection: AsyncConnection, addresses: Mapping[UUID, str | None]) -> Mapping[UUID, int]:
        """The new generations of those that are ours now; by a clock that went back, some may not be due any more."""
        return await queries.begin(connection, self._table, addresses, self._lease) if addresses else {}

    def _count(self, states: Sequence[State]) -> None:
        for state in states:
            self._measures.count(state)


class _Misjudged(Exception):
    """The judge failed on these rows, or on one of them."""

    def __init__(self, rows: Sequence[Due], cause: Exception) -> None:
        super().__init__()
        self.rows = rows
        self.cause = cause
