"""Work on the schema: one process at a time, in one transaction, with short waits for locks.

Whoever waits for a lock on a host's table makes the host's own writers wait behind it. So every wait is short and is
given up, and the whole transaction is tried again a little later.
"""

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import uuid4

import asyncpg
from alembic.util import CommandError
from sqlalchemy import Connection, NullPool, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from app.core import connect
from app.core.database import Base
from app.core.errors import StartupError

T = TypeVar("T")

_LOCK_NOT_AVAILABLE = "55P03"
_WORTH_A_RETRY = {_LOCK_NOT_AVAILABLE, "40P01", "40001"}
_READ_ONLY = "25006"
_STILL_NEEDED = "2BP01"
_CONNECTION_LOST = ("08", "57P")

# Any number will do that no other program of this database takes for its own lock.
_TURN = 0x436C_6950_6F72_7461

# Readers' locks stand in the way of a drop only. Names of sessions are shown to every role, the rest of them is not.
_HOLDERS = """
    SELECT format('%s.%s', nspname, relname) AS name, pid,
           coalesce(nullif(application_name, ''), 'unknown') AS application,
           coalesce(usename, 'none: a process of the server, such as autovacuum') AS role
      FROM pg_locks
      JOIN pg_database ON pg_database.oid = database AND datname = current_database()
      JOIN pg_class ON pg_class.oid = relation
      JOIN pg_namespace ON pg_namespace.oid = relnamespace
      LEFT JOIN pg_stat_activity USING (pid)
     WHERE locktype = 'relation' AND granted AND pid IS DISTINCT FROM pg_backend_pid()
       AND format('%s.%s', nspname, relname) = ANY(:tables)
       AND (mode NOT IN ('AccessShareLock', 'RowShareLock') OR :readers_block)
     ORDER BY mode IN ('AccessShareLock', 'RowShareLock'), nspname = 'public' DESC, xact_start
     LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for others; times in seconds."""

    for_a_turn: float = 60.0
    for_a_lock: float = 0.3
    for_a_statement: float = 60.0
    attempts: int = 10
    first_pause: float = 0.1
    longest_pause: float = 2.0

    def pause(self, attempt: int) -> float:
        """Between this attempt and the next: twice as long each time, and never in step with another process."""
        return min(self.longest_pause, self.first_pause * 2.0**attempt) * random.uniform(0.5, 1.0)  # noqa: S311


async def in_one_transaction(
    url: str,
    work: Callable[[Connection], T],
    *,
    patience: Patience | None = None,
    readers_block: bool = False,
) -> T:
    """Does the work in a transaction that no other migration runs beside, again and again while locks are in its way.

    ``readers_block`` tells that the work needs locks that even readers of the host's tables stand in the way of.
    """
    patience = patience or Patience()
    try:
        async with _engine(url).connect() as connection:
            return await _until_done(connection, work, patience, readers_block=readers_block)
    except CommandError as error:
        raise StartupError(f"{connect.one_line(error)}: nothing was changed") from None
    except (DBAPIError, asyncpg.InterfaceError, OSError) as error:
        raise StartupError(_fault(error)) from None


def _engine(url: str) -> AsyncEngine:
    return create_async_engine(
        "postgresql+asyncpg://",
        poolclass=NullPool,
        # Not the role's or the database's default: a snapshot from before the wait for a turn would hide what the one
        # who had it before has done.
        isolation_level="READ COMMITTED",
        connect_args={
            "async_creator_fn": lambda: connect.open_connection(url),
            # There may be a pooler in front: see `Database`.
            "prepared_statement_cache_size": 0,
            "prepared_statement_name_func": lambda: f"__{uuid4()}__",
        },
    )


async def _until_done(
    connection: AsyncConnection, work: Callable[[Connection], T], patience: Patience, *, readers_block: bool
) -> T:
    attempt = 0
    while True:
        attempt += 1
        try:
            async with connection.begin():
                await _take_turn(connection, patience)
                return await connection.run_sync(work)
        except DBAPIError as error:
            if _sqlstate(error) not in _WORTH_A_RETRY:
                raise
        if attempt == patience.attempts:
            raise StartupError(await _who_is_in_the_way(connection, readers_block=readers_block))
        await asyncio.sleep(patience.pause(attempt))


async def _take_turn(connection: AsyncConnection, patience: Patience) -> None:
    """Locks end with the transaction, so that a pooler may be in between and a killed process leaves nothing behind."""
    await _limit(connection, lock=patience.for_a_turn, statement=0)
    try:
        await connection.execute(text(f"SELECT pg_advisory_xact_lock({_TURN})"))
    except DBAPIError as error:
        if _sqlstate(error) != _LOCK_NOT_AVAILABLE:
            raise
        raise StartupError(
            f"Another migration of this database has been at work for {patience.for_a_turn:g} seconds: "
            "wait until it has ended, then run this one again"
        ) from None
    await _limit(connection, lock=patience.for_a_lock, statement=patience.for_a_statement)


async def _limit(connection: AsyncConnection, *, lock: float, statement: float) -> None:
    await connection.execute(text(f"SET LOCAL lock_timeout = {round(lock * 1000)}"))
    await connection.execute(text(f"SET LOCAL statement_timeout = {round(statement * 1000)}"))


async def _who_is_in_the_way(connection: AsyncConnection, *, readers_block: bool) -> str:
    """One line on the session that most likely holds the lock: others may have come and gone."""
    tables = [f"{table.schema}.{table.name}" for table in Base.metadata.tables.values()]
    found = await connection.execute(text(_HOLDERS), {"tables": tables, "readers_block": readers_block})
    return _in_the_way(found.mappings().first())


def _in_the_way(holder: Mapping[Any, Any] | None) -> str:
    if holder is None:
        return (
            "A table that the migration needs was locked at every attempt by sessions that have ended since: nothing "
            "was changed; run it again when the database is less busy"
        )
    if holder["pid"] is None:
        return (
            f"{holder['name']} is locked by a prepared transaction: nothing was changed; find it in pg_prepared_xacts, "
            "end it with COMMIT PREPARED or ROLLBACK PREPARED, then run the migration again"
        )
    who = f"pid {holder['pid']}, application {holder['application']}, role {holder['role']}"
    return (
        f"{holder['name']} is locked by another session ({who}): nothing was changed; let it finish, or end it with "
        f"SELECT pg_terminate_backend({holder['pid']});, then run the migration again"
    )


def _fault(error: DBAPIError | asyncpg.InterfaceError | OSError) -> str:
    cause = error.orig.__cause__ if isinstance(error, DBAPIError) and error.orig is not None else None
    said = connect.one_line(cause or error)
    state = _sqlstate(error)
    if state == _READ_ONLY:
        return "The server takes no writes (a standby, or default_transaction_read_only): connect to the primary"
    if state == _STILL_NEEDED:
        return f"Tables of ours are needed elsewhere and nothing was changed: drop first what depends on them ({said})"
    if state is None or state.startswith(_CONNECTION_LOST):
        return f"The connection was lost ({said}): run the migration again, which goes on from where the database is"
    return f"The migration failed and nothing was changed: {said}"


def _sqlstate(error: BaseException) -> str | None:
    return getattr(getattr(error, "orig", None), "sqlstate", None)
