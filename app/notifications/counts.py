"""Unread counts for many callers at once: those who ask while a statement is under way share the next one."""

import asyncio

from app.core.database import Database
from app.core.types import HostId
from app.notifications import queries

# Two, so that one person with a hundred thousand unread does not make everybody else wait.
_READERS = 2


class UnreadCounts:
    """Answers each caller from a statement that started after the question, so no count is older than its request."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: dict[HostId, asyncio.Future[int]] = {}
        self._readers: set[asyncio.Task[None] | None] = set()

    async def of(self, user_id: HostId) -> int:
        """How many unread notifications this person has, of projects they reach."""
        future = self._waiting.get(user_id)
        if future is None:
            future = self._waiting[user_id] = asyncio.get_running_loop().create_future()
        if len(self._readers) < _READERS:
            self._readers.add(asyncio.create_task(self._read()))
        return await asyncio.shield(future)

    async def _read(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, {}
                await self._answer(batch)
        finally:
            # Here and not in a callback: who asks from now on must find this reader gone, and start another.
            self._readers.discard(asyncio.current_task())

    async def _answer(self, batch: dict[HostId, asyncio.Future[int]]) -> None:
        try:
            async with self._database.reading() as connection:
                counts = await queries.unread_counts(connection, list(batch))
        except BaseException as error:
            for future in batch.values():
                future.set_exception(error)
                future.exception()  # seen, even if its callers have gone
            if not isinstance(error, Exception):
                raise
        else:
            for user_id, future in batch.items():
                future.set_result(counts[user_id])
