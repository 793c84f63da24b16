"""The ceiling of a create: pgbench running the service's own insert and notify in one transaction."""

import asyncio
import re
import subprocess
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.database import Signal
from app.notifications import telling_queries
from app.notifications.events import Event
from app.preferences.event_types import EventType
from app.realtime.broker import PostgresBroker
from app.settings import QUIET
from bench.people import USERS_PER_PROJECT
from bench.processes import BenchError
from bench.world import World

_PARAMETER = re.compile(r"\$(\d+)")

# In the places of these ids the script has expressions, new ones for each transaction.
_PROJECT, _SOURCE, _USER, _NOTIFICATION = (UUID(int=number) for number in range(1, 5))
_EXPRESSIONS = {
    _PROJECT: "CAST(md5('project ' || :project) AS uuid)",
    _SOURCE: "CAST(md5('source ' || :source) AS uuid)",
    _USER: ":recipient_user_id",
    _NOTIFICATION: ":id",
}
_EVENT = Event(
    type=EventType.MESSAGE_POSTED,
    project_id=_PROJECT,
    source_id=_SOURCE,
    title="New message in Project 1000",
    body="Could you have a look at the second draft before Thursday, please?",
)
_SIGNAL = Signal("notification", {"user": str(_USER), "id": str(_NOTIFICATION)})


class _Recorder:
    """In the place of a connection and of its driver: keeps the statements as SQL and answers with no rows."""

    def __init__(self) -> None:
        self.statements: list[str] = []
        self.sync_connection = self.connection = self.driver_connection = self

    async def fetch(self, sql: str, *values: Any) -> list[Any]:
        sql = _PARAMETER.sub(lambda found: _literal(values[int(found[1]) - 1]), sql)
        self.statements.append(" ".join(sql.split()))
        return []


def creates_per_second(world: World, clients: int, seconds: int) -> float:
    """Transactions per second of so many clients."""
    script = world.folder / "create.sql"
    script.write_text(asyncio.run(_script(world)))
    command = [
        *(str(world.postgres.bin_dir / "pgbench"), "--no-vacuum", "--protocol=prepared", f"--file={script}"),
        *(f"--client={clients}", "--jobs=1", f"--time={seconds}", world.url),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    if done.returncode != 0 or found is None:
        raise BenchError(f"pgbench failed: {' '.join(done.stderr.split()[-40:])}")
    return float(found[1])


async def _script(world: World) -> str:
    """What the service sends for one create, of a random project and of a new source each time."""
    recorder = _Recorder()
    connection = cast(AsyncConnection, recorder)
    await telling_queries.insert_for_members(connection, _EVENT, QUIET)
    await PostgresBroker(world.url).carry(connection, [_SIGNAL])
    insert, notify = recorder.statements
    return "\n".join(
        (
            f"\\set project random(0, {world.people.count // USERS_PER_PROJECT - 1})",
            r"\set source random(0, 9000000000000000000)",
            "BEGIN;",
            insert + r" \gset",
            notify + ";",
            "COMMIT;\n",
        )
    )


def _literal(value: Any) -> str:
    """The value as SQL."""
    if value is None:
        return "NULL"
    if isinstance(value, UUID):
        return _EXPRESSIONS[value]
    if isinstance(value, list):
        return f"ARRAY[{', '.join(map(_literal, value))}]"
    if isinstance(value, timedelta):
        return f"INTERVAL '{value.total_seconds()} seconds'"
    text = str(value).replace("'", "''")
    for id_, expression in _EXPRESSIONS.items():
        text = text.replace(str(id_), f"' || {expression} || '")
    return f"'{text}'"
