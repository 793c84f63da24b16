"""A stand-in for those who judge and deliver, on the real table of e-mails."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from prometheus_client import CollectorRegistry
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.database import Database
from app.mail.models import Email
from app.outbox.courier import Lane, Refused, Send, Verdict
from app.outbox.measures import rows_counter
from app.outbox.models import Queued
from app.outbox.pace import Pace
from app.outbox.worker import Worker
from tests.running import until
from tests.world import PEOPLE, World

QUICK = Pace(
    poll=0.02,
    fresh=3600.0,
    tries=12,
    first_retry=3600.0,
    longest_retry=7200.0,
    first_pause=0.02,
    longest_pause=0.05,
    stop=20.0,
)
"""Waits for nothing but for retries, which do not come during a test; a machine that stalls makes nothing stale."""

Act = Callable[[UUID], Awaitable[None]]


@dataclass
class StandIn:
    """Sends everything, and keeps account of it; does otherwise where a test says so, for one row or for all."""

    table: type[Queued] = Email
    delivered: list[UUID] = field(default_factory=list)
    refusals: list[tuple[UUID, str]] = field(default_factory=list)
    verdicts: dict[UUID, Verdict[UUID]] = field(default_factory=dict)
    acts: dict[UUID, Act] = field(default_factory=dict)
    act: Act | None = None
    on_judge: Callable[[Sequence[UUID]], Awaitable[None]] | None = None
    on_refused: Callable[[AsyncConnection], Awaitable[None]] | None = None
    may_have_arrived: bool = True
    """Where a delivery is when it is cut off."""
    opened: int = 0
    closed: int = 0

    async def judge(
        self, connection: AsyncConnection, ids: Sequence[UUID], now: datetime
    ) -> Mapping[UUID, Verdict[UUID]]:
        if self.on_judge is not None:
            await self.on_judge(ids)
        return {id_: self.verdicts.get(id_) or Send(id_, f"{id_}@example.com") for id_ in ids}

    def lane(self) -> Lane[UUID]:
        self.opened += 1
        return _Lane(self)

    async def refused(self, connection: AsyncConnection, refusals: Sequence[tuple[UUID, Refused]]) -> None:
        if self.on_refused is not None:
            await self.on_refused(connection)
        self.refusals += [(id_, str(fault)) for id_, fault in refusals]


class _Lane:
    def __init__(self, owner: StandIn) -> None:
        self._owner = owner

    @property
    def may_have_arrived(self) -> bool:
        return self._owner.may_have_arrived

    async def deliver(self, parcel: UUID) -> None:
        act = self._owner.acts.get(parcel) or self._owner.act
        if act is not None:
            await act(parcel)
        self._owner.delivered.append(parcel)

    async def close(self) -> None:
        self._owner.closed += 1


@dataclass
class PostOffice:
    """The outbox of one world, and workers at it."""

    world: World
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    def __post_init__(self) -> None:
        self._counter = rows_counter(self.registry)

    async def queue(self, count: int = 1, **columns: Any) -> list[UUID]:
        """E-mails that have been due for a while, the longest due first."""
        ids = [uuid4() for _ in range(count)]
        await self.world.execute(
            "INSERT INTO client_portal.email_outbox (id, recipient_id, thread, due_at)"
            " SELECT id, $2, gen_random_uuid(), now() - interval '1 hour' + number * interval '1 microsecond'"
            " FROM unnest($1::uuid[]) WITH ORDINALITY AS given(id, number)",
            ids,
            PEOPLE["dev"],
        )
        for name, value in columns.items():
            await self.world.execute(
                f"UPDATE client_portal.email_outbox SET {name} = $1 WHERE id = ANY($2)", value, ids
            )
        return ids

    async def row(self, id_: UUID) -> asyncpg.Record:
        (row,) = await self.world.fetch(
            "SELECT *, extract(epoch FROM due_at - clock_timestamp())::float AS due_in FROM client_portal.email_outbox"
            " WHERE id = $1",
            id_,
        )
        return row

    async def states(self) -> dict[str, int]:
        """How many rows are in each state."""
        rows = await self.world.fetch("SELECT state, count(*) FROM client_portal.email_outbox GROUP BY state")
        return {row["state"]: row["count"] for row in rows}

    async def is_in(self, id_: UUID, state: str) -> bool:
        return bool((await self.row(id_))["state"] == state)

    async def becomes(self, *, within: float = 30, **states: int) -> None:
        """Waits until there are so many rows in each state, and none in others."""

        async def holds() -> bool:
            return await self.states() == states

        await until(holds, within=within)

    async def lease_runs_out(self) -> None:
        await self.world.execute("UPDATE client_portal.email_outbox SET due_at = now() WHERE state = 'sending'")

    async def fall_due(self) -> None:
        """Whatever is to be retried is due now."""
        await self.world.execute("UPDATE client_portal.email_outbox SET due_at = now() WHERE state = 'retrying'")

    @asynccontextmanager
    async def at_work(self, courier: Any, *, lanes: int = 2, **pace: Any) -> AsyncIterator[Worker[Any]]:
        """A worker, with connections to the database of its own."""
        database = Database(self.world.url, pool_size=2)
        worker = Worker(database, courier, self._counter, lanes=lanes, pace=replace(QUICK, **pace))
        worker.start()
        try:
            yield worker
        finally:
            await worker.stop()
            await database.close()

    def counted(self, state: str) -> float:
        value = self.registry.get_sample_value("portal_outbox_rows_total", {"outbox": "email_outbox", "state": state})
        return value or 0.0


class Gate:
    """Where deliveries stop until a test lets them go on."""

    def __init__(self) -> None:
        self.reached: list[UUID] = []
        self._opens = asyncio.Event()

    async def __call__(self, parcel: UUID) -> None:
        self.reached.append(parcel)
        await self._opens.wait()

    async def is_reached(self, times: int = 1) -> None:
        await until(lambda: len(self.reached) >= times)

    def open(self) -> None:
        self._opens.set()


def failing(fault: Exception) -> Act:
    """Each delivery fails so."""

    async def fail(_: UUID) -> None:
        raise fault

    return fail
