"""The schema that holds everything of ours: made, checked against the models, removed."""

from typing import Any

import asyncpg
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, RowMapping, Table, text

from app.core.database import SCHEMA, Base
from app.core.errors import StartupError

# Read by the preflight too, over a connection of another kind.
STATE = f"""
    SELECT quote_ident(current_user) AS role,
           quote_ident(current_database()) AS database,
           has_database_privilege(current_database(), 'CREATE') AS may_create,
           quote_ident(pg_get_userbyid(nspowner)) AS owner,
           pg_has_role(nspowner, 'USAGE') AS is_owner
      FROM (SELECT) AS always LEFT JOIN pg_namespace ON nspname = '{SCHEMA}'
"""  # noqa: S608

IS_EMPTY = f"""
    SELECT NOT EXISTS (
        SELECT FROM pg_depend WHERE refclassid = 'pg_namespace'::regclass AND refobjid = '{SCHEMA}'::regnamespace
    )
"""  # noqa: S608


def fault(state: RowMapping | asyncpg.Record) -> str | None:
    """Why the role may not work in the schema and what to do, or None."""
    role, database, owner = state["role"], state["database"], state["owner"]
    if owner is None and not state["may_create"]:
        return (
            f"Role {role} may not create the schema {SCHEMA} in database {database}: "
            f"let the database's owner run CREATE SCHEMA {SCHEMA} AUTHORIZATION {role};"
        )
    if owner is not None and not state["is_owner"]:
        return (
            f"Schema {SCHEMA} belongs to {owner}, not to {role}: "
            f"connect as {owner}, or let a superuser run ALTER SCHEMA {SCHEMA} OWNER TO {role};"
        )
    return None


def name_every_schema(connection: Connection) -> None:
    """Keeps what comparisons see the same for every role, whatever its search path.

    Reflection leaves out the schema of tables on the search path, and takes the first on it for the default one: for
    a role named like the schema, that is ours. Statements of migrations name their schema and do not depend on this.
    """
    connection.execute(text("SET LOCAL search_path = ''"))
    connection.dialect.default_schema_name = "public"


def prepare(connection: Connection) -> bool:
    """Makes the schema and the version table where they are missing.

    Returns whether there were tables in it that no migration recorded; raises ``StartupError`` if the role may not.
    """
    state = connection.execute(text(STATE)).mappings().one()
    if message := fault(state):
        raise StartupError(message)
    if state["owner"] is None:
        # Not unconditionally: IF NOT EXISTS asks for the privilege even if there is nothing to create.
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
    is_empty = connection.scalar(text(IS_EMPTY))
    connection.execute(
        text(
            f"CREATE TABLE IF NOT EXISTS {SCHEMA}.alembic_version "
            "(version_num varchar(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
        )
    )
    is_recorded = connection.scalar(text(f"SELECT EXISTS (SELECT FROM {SCHEMA}.alembic_version)"))  # noqa: S608
    return not is_empty and not is_recorded


def remove(connection: Connection) -> None:
    """Drops the version table, and the schema if nothing else is in it and the role could make it again."""
    connection.execute(text(f"DROP TABLE IF EXISTS {SCHEMA}.alembic_version"))
    state = connection.execute(text(STATE)).mappings().one()
    if state["may_create"] and connection.scalar(text(IS_EMPTY)):
        connection.execute(text(f"DROP SCHEMA {SCHEMA}"))


def require_agreement(migration: MigrationContext) -> None:
    """Refuses tables that were there before, under a name of ours, but are not what the models say.

    CREATE TABLE IF NOT EXISTS passes over them in silence, and the portal would fail later and worse.
    """
    differences = compare_metadata(migration, Base.metadata)
    names = sorted({_table_of(difference) for difference in differences} & _our_tables())
    if names:
        raise StartupError(
            f"Schema {SCHEMA} has tables from before that differ from what this version needs "
            f"({', '.join(names)}): nothing was changed; rename or drop them, then run the migration again"
        )


def _our_tables() -> set[str]:
    return {table.name for table in Base.metadata.tables.values() if table.schema == SCHEMA}


def _table_of(difference: Any) -> str:
    # The shapes that `compare_metadata` answers with: changes of one column come as a list of tuples.
    if isinstance(difference, list):
        return str(difference[0][2])
    if difference[0] in {"add_column", "remove_column"}:
        return str(difference[2])
    return str(difference[1].name if isinstance(difference[1], Table) else difference[1].table.name)
