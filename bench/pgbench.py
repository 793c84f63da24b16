"""The ceiling of a create: pgbench running the service's own insert and notify in one transaction."""

import asyncio
import re
import subprocess
from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

from sqlalchemy.dialects.postgresql import dialect
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql import ClauseElement

from app.core.database import Signal
from app.dev.demo import DATABASE
from app.notifications import queries
from app.notifications.events import Event, EventType
from app.realtime.broker import PostgresBroker
from bench.people import USERS_PER_PROJECT
from bench.processes import BenchError
from bench.world import World

_PROJECT = UUID(int=1)
_SOURCE = UUID(int=2)
_USER = UUID(int=3)
_ID = UUID(int=4)


class _Recorder:
    """In a connection's place: keeps the statements, as text, and answers nothing."""

    def __init__(self) -> None:
        self.statements: list[str] = []

    async def execute(self, statement: ClauseElement, parameters: dict[str, Any] | None = None) -> "_Recorder":
        bound = statement.params(parameters) if parameters else statement  # type: ignore[attr-defined]
        compiled = bound.compile(dialect=dialect(), compile_kwargs={"literal_binds": True})  # type: ignore[no-untyped-call]
        self.statements.append(" ".join(str(compiled).split()))
        return self

    def all(self) -> Sequence[Any]:
        return ()


def creates_per_second(world: World, clients: int, seconds: int) -> float:
    """Transactions per second of so many clients."""
    script = world.folder / "create.sql"
    script.write_text(asyncio.run(_script(world)))
    command = [
        *(world.postgres.bin_dir / "pgbench", "--no-vacuum", "--protocol=prepared", f"--file={script}"),
        *(f"--client={clients}", "--jobs=1", f"--time={seconds}", world.url),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    if done.returncode != 0 or found is None:
        raise BenchError(f"pgbench failed: {' '.join(done.stderr.split()[-40:])}")
    return float(found[1])


async def _script(world: World) -> str:
    """What the service sends for one create, with a random project and a new source each time."""
    recorder = _Recorder()
    connection = cast(AsyncConnection, recorder)
    event = Event(
        type=EventType.MESSAGE_POSTED,
        project_id=_PROJECT,
        source_id=_SOURCE,
        title="New message in Project 1000",
        body="Could you have a look at the second draft before Thursday, please?",
    )
    await queries.insert_for_members(connection, event)
    signal = Signal("notification", {"user": str(_USER), "id": str(_ID)})
    await PostgresBroker(world.url).carry(connection, [signal])
    insert, notify = recorder.statements
    projects = world.people.count // USERS_PER_PROJECT
    return "\n".join(
        (
            f"\\set project random(0, {projects - 1})",
            r"\set source random(0, 2000000000)",
            "BEGIN;",
            _with(insert, {_PROJECT: "md5('project ' || :project)", _SOURCE: "md5('source ' || :source)"}) + r" \gset",
            _with(notify, {_USER: ":recipient_user_id", _ID: ":id"}) + ";",
            "COMMIT;\n",
        )
    )
