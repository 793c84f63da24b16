"""Limits of time that run out when a test says so, however busy this machine is."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any


class Limits:
    """Stands in for ``asyncio`` in one module: what it sets a limit to can be made to have come to it."""

    def __init__(self) -> None:
        self.running: list[asyncio.Timeout] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    def timeout(self, delay: float) -> AbstractAsyncContextManager[asyncio.Timeout]:
        return self.timeout_at(asyncio.get_running_loop().time() + delay)

    @asynccontextmanager
    async def timeout_at(self, when: float) -> AsyncIterator[asyncio.Timeout]:
        async with asyncio.timeout_at(when) as limit:
            self.running.append(limit)
            try:
                yield limit
            finally:
                self.running.remove(limit)

    def run_out(self) -> None:
        """All that run at this moment."""
        for limit in self.running:
            limit.reschedule(asyncio.get_running_loop().time())
