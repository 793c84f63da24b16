"""Runs the revisions of ``migrations/``: all of them in one transaction, one process at a time.

Migrations take short locks on the host's tables. Whoever waits for such a lock makes the host's own writers wait
behind it, so every wait is short and is given up, and the whole transaction is tried again a little later.
"""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, NullPool, text
from sqlalchemy.exc import DBAPIError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from app.core import connect
from app.core.database import SCHEMA, Base
from app.core.errors import StartupError

T = TypeVar("T")

FOLDER = Path(__file__).resolve().parents[2] / "migrations"

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
           coalesce(nullif(application_name, ''), 'unknown') AS application, coalesce(usename, 'unknown') AS role
      FROM pg_locks
      JOIN pg_database ON pg_database.oid = database AND datname = current_database()
      JOIN pg_class ON pg_class.oid = relation
      JOIN pg_namespace ON pg_namespace.oid = relnamespace
      LEFT JOIN pg_stat_activity USING (pid)
     WHERE locktype = 'relation' AND granted AND pid <> pg_backend_pid()
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


async def upgrade(url: str, revision: str = "head", *, patience: Patience | None = None) -> list[str]:
    """Brings the database to ``revision`` and returns the revisions that it took, oldest first.

    Raises ``StartupError`` if that is not possible; then nothing has changed. Give it a direct address if there is
    one: it works through a pooler too, as long as that keeps a transaction on one server connection.
    """
    try:
        at = await _revision(url)
    except asyncpg.InsufficientPrivilegeError:
        at = None  # The schema is somebody else's, which the migration tells in full.
    _require_known(at)
    if at == head() and revision == "head":
        return []
    return await _run(command.upgrade, url, revision, patience=patience)


async def downgrade(url: str, revision: str, *, patience: Patience | None = None) -> list[str]:
    """Takes the database back to ``revision`` and returns the revisions undone, newest first.

    ``base`` removes everything of ours, the schema included unless there is something else in it or the role could
    not create it again. Raises ``StartupError`` if that is not possible; then nothing has changed.
    """
    at = await current(url)
    _require_known(at)
    if at is None:
        return []
    return await _run(command.downgrade, url, revision, patience=patience, readers_block=True)


async def current(url: str) -> str | None:
    """The revision that the database is at, or None before the first."""
    try:
        return await _revision(url)
    except asyncpg.InsufficientPrivilegeError as error:
        raise StartupError(
            f"{SCHEMA}.alembic_version may not be read ({connect.one_line(error)}): connect as the owner of the "
            f"schema, or let them GRANT USAGE ON SCHEMA {SCHEMA} and the rights on its tables"
        ) from None


async def is_current(url: str) -> bool:
    """Whether the database is where this version needs it to be."""
    return await current(url) == head()


async def is_current_on(connection: AsyncConnection) -> bool:
    """The same over a connection of the caller's own, which must be outside a transaction."""
    try:
        return bool(await connection.scalar(text(f"SELECT version_num FROM {SCHEMA}.alembic_version")) == head())  # noqa: S608
    except ProgrammingError:  # no such table, or not for this role
        return False


def head() -> str | None:
    """The newest revision that this version has."""
    return _scripts().get_current_head()


def alembic_config() -> Config:
    """What alembic's own commands need; they look for the connection in its ``attributes``."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


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
    engine = create_async_engine(
        "postgresql+asyncpg://",
        poolclass=NullPool,
        connect_args={
            "async_creator_fn": lambda: connect.open_connection(url),
            # There may be a pooler in front: see `Database`.
            "prepared_statement_cache_size": 0,
            "prepared_statement_name_func": lambda: f"__{uuid4()}__",
        },
    )
    async with engine.connect() as connection:
        for attempt in count(1):
            try:
                async with connection.begin():
                    await _take_turn(connection, patience)
                    return await connection.run_sync(work)
            except (DBAPIError, asyncpg.InterfaceError, OSError) as error:
                if _sqlstate(error) not in _WORTH_A_RETRY:
                    raise StartupError(_fault(error)) from None
            except CommandError as error:
                raise StartupError(f"{connect.one_line(error)}: nothing was changed") from None
            if attempt == patience.attempts:
                raise StartupError(await _who_is_in_the_way(connection, readers_block=readers_block))
            await asyncio.sleep(patience.pause(attempt))
    raise AssertionError


async def _run(
    alembic_command: Callable[[Config, str], None],
    url: str,
    revision: str,
    *,
    patience: Patience | None,
    readers_block: bool = False,
) -> list[str]:
    def work(connection: Connection) -> list[str]:
        taken: list[str] = []
        config = alembic_config()
        config.attributes["connection"] = connection
        config.attributes["on_version_apply"] = lambda *, step, **_: taken.append(step.up_revision_id)
        alembic_command(config, revision)
        return taken

    return await in_one_transaction(url, work, patience=patience, readers_block=readers_block)


async def _revision(url: str) -> str | None:
    async with connect.connection(url) as connection:
        try:
            revision: str | None = await connection.fetchval(f"SELECT version_num FROM {SCHEMA}.alembic_version")  # noqa: S608
        except asyncpg.UndefinedTableError:
            return None
        except asyncpg.InsufficientPrivilegeError:
            raise
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            raise StartupError(f"The revision of the database cannot be read: {connect.one_line(error)}") from None
    return revision


def _require_known(revision: str | None) -> None:
    if revision is not None and revision not in {script.revision for script in _scripts().walk_revisions()}:
        raise StartupError(
            f"The database is at revision {revision}, which this version does not have: it was migrated by a newer "
            "one; run that, or downgrade the database with it first"
        )


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(alembic_config())


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
    holder = found.mappings().first()
    if holder is None:
        return (
            "A table that the migration needs was locked at every attempt by sessions that have ended since: nothing "
            "was changed; run it again when the database is less busy"
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
