"""Rows that are due are claimed: judged while they are locked, then taken on for the time of a lease."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.database import Database
from app.outbox import queries
from app.outbox.courier import Courier, Later, Never, Parcel, Send, Verdict
from app.outbox.faults import is_of_the_database, told, told_in_logs
from app.outbox.measures import Measures
from app.outbox.models import State
from app.outbox.pace import Pace
from app.outbox.queries import Due, Outcome

log = structlog.get_logger(__name__)

_LEAST_DELAY = timedelta(seconds=1)

# One that goes on while the machine sleeps, where there is one: leases run out meanwhile.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


@dataclass(frozen=True, slots=True)
class Claimed(Generic[Parcel]):
    """A row that is ours for a while: nobody else looks at it until its lease has run out."""

    id: UUID
    generation: int
    attempts: int
    was_due_at: datetime
    parcel: Parcel
    judged_at: float

    @property
    def age(self) -> float:
        """How many seconds ago it was judged."""
        return time.clock_gettime(_CLOCK) - self.judged_at


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
        judged_at = time.clock_gettime(_CLOCK)
        async with self._database.transaction() as transaction:
            rows = await queries.hold_due(transaction.connection, self._table, limit)
            if not rows:
                return 0, []
            verdicts = await self._judged(transaction.connection, rows)
            generations = await self._written(transaction.connection, verdicts, rows[0].now)
        self._measures.count(State.NOT_SENT, sum(isinstance(verdict, Never) for verdict in verdicts.values()))
        return len(rows), [
            Claimed(row.id, generations[row.id], row.attempts + 1, row.due_at, verdict.parcel, judged_at)
            for row in rows
            if isinstance(verdict := verdicts[row.id], Send)
        ]

    async def _judged(self, connection: AsyncConnection, rows: Sequence[Due]) -> Mapping[UUID, Verdict[Parcel]]:
        try:
            verdicts = await self._courier.judge(connection, [row.id for row in rows], rows[0].now)
            return {row.id: verdicts[row.id] for row in rows}
        except Exception as error:
            if is_of_the_database(error):
                raise
            raise _Misjudged(rows, error) from error

    async def _written(
        self, connection: AsyncConnection, verdicts: Mapping[UUID, Verdict[Parcel]], now: datetime
    ) -> Mapping[UUID, int]:
        """Writes what is to be done with the rows; answers the generations of those to be sent."""
        later: dict[UUID, datetime] = {}
        never: dict[UUID, str] = {}
        send: dict[UUID, str | None] = {}
        for id_, verdict in verdicts.items():
            match verdict:
                case Later(at):
                    later[id_] = max(at, now + _LEAST_DELAY)
                case Never(reason):
                    never[id_] = reason
                case Send(_, address):
                    send[id_] = address
        if later:
            await queries.put_off(connection, self._table, later)
        if never:
            await queries.give_up(connection, self._table, never)
        return await queries.begin(connection, self._table, send, self._lease) if send else {}

    async def _put_off_unjudged(self, row: Due, fault: Exception) -> None:
        log.error("outbox_row_not_judged", outbox=self._measures.outbox, id=str(row.id), error=told_in_logs(fault))
        attempts = row.attempts + 1
        state = State.RETRYING if attempts < self._pace.tries else State.DEAD
        async with self._database.transaction() as transaction:
            connection = transaction.connection
            generation = (await queries.begin(connection, self._table, {row.id: None}, self._lease)).get(row.id)
            if generation is None:
                return  # somebody else has it by now
            error = f"It could not be put together: {type(fault).__name__}: {told(fault)}"
            outcome = Outcome(row.id, generation, state, attempts, error, after=self._pace.retry(attempts))
            await queries.put_down(connection, self._table, [outcome])
        self._measures.count(state)


class _Misjudged(Exception):
    """The judge failed on these rows, or on one of them."""

    def __init__(self, rows: Sequence[Due], cause: Exception) -> None:
        super().__init__()
        self.rows = rows
        self.cause = cause
