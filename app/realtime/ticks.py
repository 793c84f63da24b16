"""Work that comes in one by one and is done together: all that arrived while the last batch was under way."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import structlog

log = structlog.get_logger(__name__)

Item = TypeVar("Item")
_RETRY_SECONDS = 0.5


class Ticks(Generic[Item]):
    """Hands each batch to ``work``; when that fails, to ``failed`` a moment later. Items keep their order."""

    def __init__(
        self, name: str, work: Callable[[list[Item]], Awaitable[None]], failed: Callable[[list[Item]], None]
    ) -> None:
        self._name = name
        self._work = work
        self._failed = failed
        self._pending: list[Item] = []
        self._arrived = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def put(self, item: Item) -> None:
        self._pending.append(item)
        self._arrived.set()

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name=self._name)

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            batch, self._pending = self._pending, []
            try:
                await self._work(batch)
            except Exception as error:
                log.warning("batch_failed", batches=self._name, error=repr(error))
                await asyncio.sleep(_RETRY_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311 (jitter, not a secret)
                self._failed(batch)
