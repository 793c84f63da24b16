"""Alembic's way in: everything within `client_portal`, nothing outside it, in one transaction.

`app.core.migrations` hands over a connection. Plain `alembic upgrade head` has none: then the address comes from the
environment, and the same transaction, turn-taking and patience with locks surround it. With `--sql` the statements
are printed for a database administrator to read and run.
"""

import asyncio
import os
from importlib import import_module
from typing import Any

from alembic import context
from alembic.util import CommandError
from sqlalchemy import Connection

from app.core import schema
from app.core.database import SCHEMA, Base
from app.core.errors import StartupError
from app.core.exclusive import in_one_transaction
from app.projects.preflight import check_host
from app.settings import ROOT

for models in sorted((ROOT / "app").glob("*/models.py")):
    import_module(f"app.{models.parent.name}.models")


def include_name(name: str | None, type_: str, _parents: Any) -> bool:
    """Of what is in the database, only what is in the schema of ours is looked at."""
    return name == SCHEMA if type_ == "schema" else True


def include_object(thing: Any, name: str | None, type_: str, _reflected: bool, _compared_with: Any) -> bool:
    """Of what the models name, the host's tables are not ours to create."""
    return type_ != "table" or (thing.schema == SCHEMA and name != "alembic_version")


def configure(**target: Any) -> None:
    context.configure(
        target_metadata=Base.metadata,
        version_table_schema=SCHEMA,
        include_schemas=True,
        include_name=include_name,
        include_object=include_object,
        compare_server_default=True,
        on_version_apply=context.config.attributes.get("on_version_apply"),
        **target,
    )


def migrate(connection: Connection) -> None:
    """Runs within the transaction that the connection is in."""
    schema.name_every_schema(connection)
    configure(connection=connection)
    migration = context.get_context()
    if migration.opts.get("dont_mutate"):
        context.run_migrations()
        return
    had_leftovers = schema.prepare(connection)
    context.run_migrations()
    heads = migration.get_current_heads()
    if not heads:
        schema.remove(connection)
    elif had_leftovers and set(heads) == set(context.script.get_heads()):
        schema.require_agreement(migration)


async def from_environment() -> None:
    url = os.environ.get("DATABASE_LISTEN_URL") or os.environ.get("DATABASE_URL")
    if not url:
        raise StartupError("DATABASE_URL is not set: set it to the host's database")
    await check_host(url)
    await in_one_transaction(url, migrate)


def print_statements() -> None:
    configure(dialect_name="postgresql", literal_binds=True)
    with context.begin_transaction():
        context.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
        context.run_migrations()


if context.is_offline_mode():
    print_statements()
elif "connection" in context.config.attributes:
    migrate(context.config.attributes["connection"])
else:
    try:
        asyncio.run(from_environment())
    except StartupError as error:
        raise CommandError(str(error)) from None
