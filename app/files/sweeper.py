"""Sweeps now and then while the portal runs."""

import asyncio
import random
from contextlib import suppress
from datetime import timedelta

import structlog

from app.core.database import Database
from app.core.errors import StartupError
from app.files.sweep import Swept, SweptByAnother, sweep
from app.storage.store import Storage

log = structlog.get_logger(__name__)

_FIRST = timedelta(minutes=5)
_EVERY = timedelta(hours=6)


class Sweeper:
    """Sweeps soon after the start, and every few hours; of all processes, one at a time."""

    def __init__(self, database: Database, storage: Storage, *, first: timedelta = _FIRST) -> None:
        self._database = database
        self._storage = storage
        self._first = first
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="sweeper of files")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        pause = self._first
        while True:
            await asyncio.sleep(pause.total_seconds() * random.uniform(0.5, 1.5))  # noqa: S311 (jitter, not a secret)
            pause = _EVERY
            try:
                await self.sweep()
            except StartupError as error:
                log.warning("files_not_swept", error=str(error))
            except Exception as error:
                log.warning("files_not_swept", error=repr(error))

    async def sweep(self) -> Swept | None:
        """Sweeps, unless another process does so at this moment: then None."""
        try:
            swept = await sweep(self._database, self._storage)
        except SweptByAnother:
            return None
        log.info(
            "files_swept", drafts=swept.drafts, uploads=swept.uploads, orphans=swept.orphans, partials=swept.partials
        )
        if swept.missing:
            log.warning("bytes_missing", files=[str(each) for each in swept.missing[:20]], count=len(swept.missing))
        return swept
