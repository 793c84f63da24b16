"""Who is in which room. Each process puts down the sockets it holds, and that it is alive; the others bury the dead."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import timedelta
from uuid import UUID, uuid4

import structlog

from app.core.database import Database, Signal, Transaction
from app.core.types import HostId
from app.presence import queries
from app.presence.queries import Place
from app.realtime.ticks import Ticks

log = structlog.get_logger(__name__)

_BEAT_SECONDS = 5.0
_DEAD_AFTER = timedelta(seconds=15)


class PresenceBoard:
    """Counts this process's sockets of each person in each room; the table knows only whether there is one."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._process_id = uuid4()
        self._here: Counter[Place] = Counter()
        self._ticks = Ticks[Place]("presence", self._put_down, self._put_down_later)
        self._pulse: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._ticks.start()
        self._pulse = asyncio.create_task(self._live(), name="presence pulse")

    async def stop(self) -> None:
        """Says that everybody here has gone, if the database can still be told."""
        self._ticks.stop()
        if self._pulse is not None:
            self._pulse.cancel()
        with suppress(Exception):
            async with asyncio.timeout(2), self._database.transaction() as transaction:
                _announce(transaction, await queries.leave_all(transaction.connection, self._process_id))

    def enter(self, room_id: UUID, user_id: HostId) -> None:
        self._here[room_id, user_id] += 1
        if self._here[room_id, user_id] == 1:
            self._ticks.put((room_id, user_id))

    def leave(self, room_id: UUID, user_id: HostId) -> None:
        self._here[room_id, user_id] -= 1
        if self._here[room_id, user_id] <= 0:
            del self._here[room_id, user_id]
            self._ticks.put((room_id, user_id))

    async def online(self, rooms: Sequence[UUID]) -> dict[UUID, list[HostId]]:
        """Who is in each of these rooms, in whatever process."""
        async with self._database.reading() as connection:
            return await queries.online(connection, rooms)

    async def _put_down(self, places: list[Place]) -> None:
        """Writes how these places are now, which may have changed several times since."""
        here = {place for place in places if place in self._here}
        async with self._database.transaction() as transaction:
            await queries.enter(transaction.connection, self._process_id, here)
            await queries.leave(transaction.connection, self._process_id, set(places) - here)
            _announce(transaction, {room for room, _ in places})

    def _put_down_later(self, places: list[Place]) -> None:
        for place in places:
            self._ticks.put(place)

    async def _live(self) -> None:
        while True:
            try:
                await self._beat()
            except Exception as error:
                log.warning("presence_interrupted", error=repr(error))
            await asyncio.sleep(_BEAT_SECONDS)

    async def _beat(self) -> None:
        async with self._database.transaction() as transaction:
            is_known = await queries.beat(transaction.connection, self._process_id)
            changed = set(await queries.bury(transaction.connection, _DEAD_AFTER))
            if not is_known:
                # Forgotten, by a crash of the server or by those who thought us dead: everybody here is put down anew.
                await queries.enter(transaction.connection, self._process_id, self._here)
                changed |= {room for room, _ in self._here}
            _announce(transaction, changed)


def _announce(transaction: Transaction, rooms: Iterable[UUID]) -> None:
    transaction.signals.extend(Signal("presence", {"room": str(room)}) for room in sorted(rooms))
