"""Brings rows and bytes together again after something died between the two."""

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog

from app.core.database import Database
from app.files import queries
from app.files.bytes import file_key, remove
from app.storage.store import SHARDS, Storage

log = structlog.get_logger(__name__)

SAFE_AGE = timedelta(hours=1)
"""Younger bytes may be of an upload that is about to write its row."""

_DRAFT_AGE = timedelta(hours=24)
_BATCH = 500
_EVERY = timedelta(hours=6)


@dataclass(slots=True)
class Swept:
    """What a sweep has removed, and which files' bytes are lost."""

    drafts: int = 0
    orphans: int = 0
    partials: int = 0
    missing: list[UUID] = field(default_factory=list)


async def sweep(database: Database, storage: Storage, older_than: timedelta = SAFE_AGE) -> Swept:
    """Removes drafts that nobody attached to anything, bytes without a row, and what broken uploads left.

    Rows whose bytes are missing are told of, and stay.
    """
    now = datetime.now(UTC)
    swept = Swept(drafts=await _remove_drafts(database, storage, now - _DRAFT_AGE))
    for shard in SHARDS:
        await _sweep_shard(database, storage, shard, now - older_than, swept)
    swept.partials = await storage.remove_partials(now - older_than)
    return swept


async def _remove_drafts(database: Database, storage: Storage, before: datetime) -> int:
    removed = 0
    while True:
        async with database.reading() as connection:
            drafts = await queries.old_drafts(connection, before, _BATCH)
        for file_id, key in drafts:
            async with database.transaction() as transaction:
                is_gone = await queries.delete_draft(transaction.connection, file_id)
            if is_gone:
                await remove(storage, key)
                removed += 1
        if len(drafts) < _BATCH:
            return removed


async def _sweep_shard(database: Database, storage: Storage, shard: str, before: datetime, swept: Swept) -> None:
    # Rows first: of those that are there, the bytes were there before.
    async with database.reading() as connection:
        lost = await queries.shared_keys(connection, shard, before)
    old: list[str] = []
    async for entry in storage.entries(shard):
        lost.pop(entry.key, None)
        if entry.modified < before:
            old.append(entry.key)
    for start in range(0, len(old), _BATCH):
        swept.orphans += await _remove_orphans(database, storage, old[start : start + _BATCH])
    swept.missing += lost.values()


async def _remove_orphans(database: Database, storage: Storage, keys: list[str]) -> int:
    async with database.reading() as connection:
        known = await queries.known_keys(connection, list({file_key(key) for key in keys}))
    orphans = [key for key in keys if file_key(key) not in known]
    for key in orphans:
        await storage.delete(key)
    return len(orphans)


class Sweeper:
    """Sweeps now and then while the portal runs; of all its processes, one at a time."""

    def __init__(self, database: Database, storage: Storage) -> None:
        self._database = database
        self._storage = storage
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="sweeper of files")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(_EVERY.total_seconds() * random.uniform(0.5, 1.5))  # noqa: S311 (jitter, not a secret)
            try:
                await self.sweep()
            except Exception as error:
                log.warning("files_not_swept", error=repr(error))

    async def sweep(self) -> Swept | None:
        """Sweeps, unless another process does so at this moment: then None."""
        # The turn ends with the transaction; nothing is read or written in it.
        async with self._database.transaction() as turn:
            if not await queries.take_turn(turn.connection):
                return None
            swept = await sweep(self._database, self._storage)
        log.info("files_swept", drafts=swept.drafts, orphans=swept.orphans, partials=swept.partials)
        if swept.missing:
            log.warning("bytes_missing", files=[str(each) for each in swept.missing[:20]], count=len(swept.missing))
        return swept
