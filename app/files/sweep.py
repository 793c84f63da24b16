"""Brings rows and bytes together again after something died between the two."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from app.core.database import Database
from app.core.errors import StartupError
from app.files import sweep_queries
from app.files.bytes import file_key, remove
from app.storage.store import SHARDS, Storage

SILENCE = timedelta(hours=1)
"""An upload that was not heard of for so long is given up. One that goes on tells so every minute."""

PARTIAL_AGE = timedelta(hours=12)
DRAFT_AGE = timedelta(hours=24)
_TURN = timedelta(minutes=10)
_BATCH = 500
_FEW = 20


class SweptByAnother(StartupError):
    def __init__(self) -> None:
        super().__init__("Files are being swept at this moment: nothing is to be done")


class TooMuch(StartupError):
    """More is to go than such a place should have left over: it may belong to another database."""

    def __init__(self, orphans: int, listed: int) -> None:
        super().__init__(
            f"FILES_URL: {orphans} of {listed} stored pieces have no file in this database: is it the wrong one? "
            "They were left alone; if they are to go, use portal sweep --force"
        )


@dataclass(slots=True)
class Swept:
    """What a sweep has removed, and which files' bytes are lost."""

    drafts: int = 0
    uploads: int = 0
    orphans: int = 0
    partials: int = 0
    missing: list[UUID] = field(default_factory=list)


async def sweep(database: Database, storage: Storage, *, is_forced: bool = False) -> Swept:
    """Removes drafts that nobody attached to anything, what uploads that died have left, and bytes without a row.

    Rows whose bytes are missing are told of, and stay. Each piece of it is a short transaction of its own. Raises
    ``SweptByAnother``, or ``TooMuch`` unless it is forced.
    """
    async with _Turn(database).held() as turn:
        swept = Swept(drafts=await _remove_drafts(database, storage))
        swept.uploads = await _remove_dead(database, storage)
        orphans, listed = await _look(database, storage, turn, swept)
        if len(orphans) > max(_FEW, listed // 2) and not is_forced:
            raise TooMuch(len(orphans), listed)
        for number, key in enumerate(orphans):
            if number % _BATCH == 0:
                await turn.renew()
            await storage.delete(key)
        swept.orphans = len(orphans)
        swept.partials = await storage.remove_leftovers(datetime.now(UTC) - PARTIAL_AGE)
        return swept


class _Turn:
    """One sweep at a time, of all processes. It is a courtesy: two at once would do no harm."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._holder = uuid4()

    @asynccontextmanager
    async def held(self) -> AsyncIterator["_Turn"]:
        await self.renew()
        try:
            yield self
        finally:
            await asyncio.shield(self._end())

    async def renew(self) -> None:
        async with self._database.reading() as connection:
            if not await sweep_queries.take_turn(connection, self._holder, _TURN):
                raise SweptByAnother

    async def _end(self) -> None:
        async with self._database.reading() as connection:
            await sweep_queries.end_turn(connection, self._holder)


async def _remove_drafts(database: Database, storage: Storage) -> int:
    removed = 0
    while True:
        async with database.reading() as connection:
            drafts = await sweep_queries.old_drafts(connection, DRAFT_AGE, _BATCH)
        for file_id in drafts:
            async with database.transaction() as transaction:
                key = await sweep_queries.delete_draft(transaction.connection, file_id)
            if key is not None:
                await remove(storage, key)
                removed += 1
        if len(drafts) < _BATCH:
            return removed


async def _remove_dead(database: Database, storage: Storage) -> int:
    # Rows first: without one no file can be entered any more, so the bytes are nobody's from here on.
    async with database.reading() as connection:
        dead = await sweep_queries.delete_dead_uploads(connection, SILENCE)
    for key in dead:
        await remove(storage, key)
    return len(dead)


async def _look(database: Database, storage: Storage, turn: _Turn, swept: Swept) -> tuple[list[str], int]:
    """The keys that neither a file nor an upload has, and how many there are in all; finds what is missing."""
    orphans: list[str] = []
    listed = 0
    for shard in SHARDS:
        await turn.renew()
        # Rows first: of those that are there, the bytes were there before.
        async with database.reading() as connection:
            lost = await sweep_queries.shared_keys(connection, shard)
        keys = [entry.key async for entry in storage.entries(shard)]
        for key in keys:
            lost.pop(key, None)
        for start in range(0, len(keys), _BATCH):
            orphans += await _orphans(database, keys[start : start + _BATCH])
        swept.missing += lost.values()
        listed += len(keys)
    return orphans, listed


async def _orphans(database: Database, keys: list[str]) -> list[str]:
    """Those without a row now: each was written before its bytes, and a key is used once, so none will have one."""
    async with database.reading() as connection:
        known = await sweep_queries.known_keys(connection, list({file_key(key) for key in keys}))
    return [key for key in keys if file_key(key) not in known]
