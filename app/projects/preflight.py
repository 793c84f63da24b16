"""Looks at the host's database before anything is done in it: may the portal live here, as this role?

Everything here only reads. What stands in the way is a ``StartupError``: one line that says what to do about it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core import connect, schema
from app.core.errors import StartupError

OLDEST_SERVER = 13  # gen_random_uuid() is part of the server since

_HOST_TABLES = ("users", "projects")
_ID_TYPE = "uuid"

_KINDS = {
    "v": "a view",
    "m": "a materialized view",
    "f": "a foreign table",
    "p": "a partitioned table",
    "S": "a sequence",
    "i": "an index",
    "c": "a composite type",
}

_SERVER = """
    SELECT quote_ident(current_user) AS role,
           current_database() AS database,
           pg_is_in_recovery() AS is_standby,
           current_setting('default_transaction_read_only')::boolean AS is_read_only,
           coalesce((SELECT has_schema_privilege(oid, 'USAGE') FROM pg_namespace WHERE nspname = 'public'), true)
               AS may_use_public
"""

# A foreign key needs a unique index over exactly its column, whole and not deferrable; a primary key has one too.
_TABLES = """
    SELECT wanted.name, relkind::text, relpersistence::text, attnum, format_type(base.oid, NULL) AS id_type,
           EXISTS (
               SELECT FROM pg_index
                WHERE indrelid = host.oid AND indnkeyatts = 1 AND indkey[0] = attnum AND indisunique AND indisvalid
                  AND indimmediate AND indpred IS NULL
           ) AS is_unique,
           has_column_privilege(host.oid, attnum, 'SELECT') AS may_read,
           has_column_privilege(host.oid, attnum, 'REFERENCES') AS may_reference,
           row_security_active(host.oid) AND NOT coalesce(policies.show_all, false) AS is_filtered
      FROM unnest($1::text[]) WITH ORDINALITY AS wanted (name, place)
      LEFT JOIN pg_namespace AS public ON public.nspname = 'public'
      LEFT JOIN pg_class AS host ON host.relname = wanted.name AND host.relnamespace = public.oid
      LEFT JOIN pg_attribute ON attrelid = host.oid AND attname = 'id' AND attnum > 0 AND NOT attisdropped
      LEFT JOIN pg_type AS declared ON declared.oid = atttypid
      LEFT JOIN pg_type AS base ON base.oid = coalesce(nullif(declared.typbasetype, 0), declared.oid)
      LEFT JOIN LATERAL (
           SELECT bool_or(polpermissive AND pg_get_expr(polqual, polrelid) = 'true') AND bool_and(polpermissive)
                  AS show_all
             FROM pg_policy
            WHERE polrelid = host.oid AND polcmd IN ('r', '*')
              AND EXISTS (SELECT FROM unnest(polroles) AS a (role) WHERE role = 0 OR pg_has_role(role, 'USAGE'))
      ) AS policies ON true
     ORDER BY wanted.place
"""

_PROJECT_NAME = """
    SELECT has_column_privilege(attrelid, attnum, 'SELECT')
      FROM pg_attribute
      JOIN pg_class ON pg_class.oid = attrelid AND relname = 'projects'
      JOIN pg_namespace ON pg_namespace.oid = relnamespace AND nspname = 'public'
     WHERE attname = 'name' AND attnum > 0 AND NOT attisdropped
"""


@dataclass(frozen=True, slots=True)
class HostSchema:
    """What the host's tables have beyond what they must have."""

    has_project_name: bool


async def host_columns(connection: AsyncConnection) -> HostSchema:
    """Which of the optional columns are there and may be read."""
    return HostSchema(has_project_name=bool(await connection.scalar(text(_PROJECT_NAME))))


async def check_host(url: str, *, migrating: bool = True) -> list[str]:
    """Raises ``StartupError`` if the portal cannot live in this database; returns warnings, one line each.

    A role that runs on tables that are there already needs fewer rights: ``migrating=False`` asks for those only.
    """
    async with connect.connection(url) as connection:
        if fault := _server_is_too_old(connection.get_server_version().major):
            raise StartupError(fault)
        try:
            async with connection.transaction(readonly=True):
                return await _examine(connection, migrating)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            raise StartupError(f"The database cannot be examined: {connect.one_line(error)}") from None


def _server_is_too_old(major: int) -> str | None:
    if major >= OLDEST_SERVER:
        return None
    return f"The server is PostgreSQL {major}: the portal needs {OLDEST_SERVER} or newer, so upgrade the server"


async def _examine(connection: "asyncpg.Connection[asyncpg.Record]", migrating: bool) -> list[str]:
    server = await connection.fetchrow(_SERVER)
    tables = await connection.fetch(_TABLES, _HOST_TABLES)
    state = await connection.fetchrow(schema.STATE)
    may_read_name = await connection.fetchval(_PROJECT_NAME)
    assert server is not None
    assert state is not None
    for fault in _faults(server, tables, migrating):
        raise StartupError(fault)
    if migrating and (schema_fault := schema.fault(state)):
        raise StartupError(schema_fault)
    return list(_warnings(server["role"], tables, may_read_name))


def _faults(server: asyncpg.Record, tables: Sequence[asyncpg.Record], migrating: bool) -> Iterator[str]:
    if server["is_standby"]:
        yield "The server is a hot standby and takes no writes: point DATABASE_URL at the primary"
    if server["is_read_only"]:
        yield (
            f"Transactions are read-only for role {server['role']} in this database: point DATABASE_URL at the "
            "primary, or set default_transaction_read_only to off"
        )
    for table in tables:
        yield from _shape_faults(table, server["database"])
    if grants := _missing_grants(server, tables, migrating):
        yield f"Role {server['role']} lacks rights on the host's tables: let their owner run {grants}"


def _shape_faults(table: asyncpg.Record, database: str) -> Iterator[str]:
    name = f"public.{table['name']}"
    kind = _KINDS.get(table["relkind"])
    if table["relkind"] is None:
        yield f"Database {database} has no table {name}: point DATABASE_URL at the database of the PM app"
    elif kind is not None:
        yield f"{name} is {kind}: the portal's foreign keys need an ordinary table with a unique id of type {_ID_TYPE}"
    elif table["relpersistence"] != "p":
        yield f"{name} is unlogged, and foreign keys need a permanent table: ALTER TABLE {name} SET LOGGED;"
    elif table["attnum"] is None:
        yield f"{name} has no column id: the portal needs one of type {_ID_TYPE}, unique"
    elif table["id_type"] != _ID_TYPE:
        yield f"{name}.id is of type {table['id_type']}: the portal needs {_ID_TYPE}, and this host cannot be used"
    elif not table["is_unique"]:
        yield f"{name}.id is not unique, and foreign keys need that: ALTER TABLE {name} ADD UNIQUE (id);"


def _missing_grants(server: asyncpg.Record, tables: Sequence[asyncpg.Record], migrating: bool) -> str:
    role = server["role"]
    grants = [] if server["may_use_public"] else [f"GRANT USAGE ON SCHEMA public TO {role};"]
    for table in tables:
        wanted = {"SELECT (id)": not table["may_read"], "REFERENCES (id)": migrating and not table["may_reference"]}
        if lacking := [right for right, is_lacking in wanted.items() if is_lacking]:
            grants.append(f"GRANT {', '.join(lacking)} ON public.{table['name']} TO {role};")
    return " ".join(grants)


def _warnings(role: str, tables: Sequence[asyncpg.Record], may_read_name: bool | None) -> Iterator[str]:
    for table in tables:
        if table["is_filtered"]:
            name = f"public.{table['name']}"
            yield (
                f"Row-level security hides rows of {name} from role {role}: CREATE POLICY client_portal_reads ON "
                f"{name} FOR SELECT TO {role} USING (true); or ALTER ROLE {role} BYPASSRLS;"
            )
    if may_read_name is False:
        yield (
            f"Role {role} may not read public.projects.name, so projects show a short form of their id: "
            f"GRANT SELECT (name) ON public.projects TO {role};"
        )
