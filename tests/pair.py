"""Two real portals on one database, which serve one test after the other."""

import asyncio
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from prometheus_client.parser import text_string_to_metric_families
from websockets.exceptions import WebSocketException

from app.dev.demo import FIRST_PROJECT
from app.projects.changes import Changed, changed
from tests.portal import Portal
from tests.running import until
from tests.sockets import open_socket
from tests.world import PEOPLE, World, bearer

_PATIENCE = 120
_MOMENT = 20.0
"""How long a signal may be under way on a busy machine; one that went to nobody is given up after that."""


@dataclass(frozen=True)
class Pair:
    """For tests that leave both as they are: who stops, kills, freezes or sets up a portal starts one of its own."""

    one: Portal
    other: Portal
    world: World

    async def begin_anew(self) -> None:
        """Makes this the beginning of a test: nobody is there, rows are what they were, all that was said was heard."""
        for portal in (self.one, self.other):
            assert portal.process is not None
            assert portal.process.poll() is None, portal.log.read_text()
        await until(self._is_left, within=_PATIENCE)
        await until(self._is_ready, within=_PATIENCE)
        await self.world.restore()
        await until(self._has_heard_everything, within=_PATIENCE)

    async def _is_left(self) -> bool:
        """Whether every stream and socket of the test before has ended."""
        streams = [await measure(portal, "portal_streams_open") for portal in (self.one, self.other)]
        return not any(streams) and not await self.world.value("SELECT count(*) FROM client_portal.presence")

    async def _is_ready(self) -> bool:
        """Whether both have got over what was done to Postgres."""
        async with httpx.AsyncClient(timeout=30) as caller:
            answers = [await caller.get(f"{portal.url}/readyz") for portal in (self.one, self.other)]
        return all(answer.status_code == 200 for answer in answers)

    async def _has_heard_everything(self) -> bool:
        """Whether both listen, and a last signal comes out of both: those before it have come out then, too.

        False when one had not noticed a crash of Postgres yet: the signal went past it.
        """
        # Rows that came back were not told of: what the portals remember of people is forgotten with this.
        forget: list[Any] = [["standing", {"user": str(person)}] for person in PEOPLE.values()]
        marker = uuid4()
        last = changed(Changed.TASK, marker, FIRST_PROJECT)
        signals = [*forget, [last.kind, last.content]]
        try:
            async with asyncio.timeout(_MOMENT), AsyncExitStack() as stack:
                sockets = [await stack.enter_async_context(_listens(each)) for each in (self.one, self.other)]
                for socket in sockets:
                    await socket.until("ready")
                await self.world.execute("SELECT pg_notify('client_portal', $1)", json.dumps(signals))
                for socket in sockets:
                    await socket.until("changed", id=str(marker))
        except (TimeoutError, OSError, WebSocketException):
            return False
        return True


def _listens(portal: Portal):
    return open_socket(f"{portal.url}/api/projects/ws", bearer("admin"))


@contextmanager
def running_pair(world: World, folder: Path, **environment: Any) -> Iterator[Pair]:
    """Starts both at the same time. ``world`` must have been saved."""
    one, other = Portal(folder, **environment), Portal(folder, **environment)
    with ExitStack() as stack, ThreadPoolExecutor() as threads:
        for portal in (one, other):
            stack.callback(portal.stop)
        list(threads.map(partial(Portal.start, timeout=_PATIENCE * 2), (one, other)))
        yield Pair(one, other, world)


async def measure(portal: Portal, name: str, **labels: str) -> float:
    """The sum of one of a portal's measures, as Prometheus would read it."""
    async with httpx.AsyncClient(timeout=30) as caller:
        text = (await caller.get(f"{portal.url}/metrics")).text
    return sum(
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )
