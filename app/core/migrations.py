"""Runs the revisions of ``migrations/``, and tells which of them the database has."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core import connect
from app.core.database import SCHEMA
from app.core.errors import StartupError
from app.core.exclusive import Patience, in_one_transaction

FOLDER = Path(__file__).resolve().parents[2] / "migrations"


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
