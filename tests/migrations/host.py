"""A host as migrations find it: its own tables, somebody's odd ones beside them, and a role with few rights."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from app.core.database import Connector

ROLE = "tenant"
ROLES = (ROLE, "client_portal", "runner")
PASSWORD = "tenant-password"

BLANK = """
    DROP EVENT TRIGGER IF EXISTS log_ddl;
    DROP PUBLICATION IF EXISTS everything;
    DROP SCHEMA IF EXISTS client_portal, other, public CASCADE;
    CREATE SCHEMA public;
    GRANT USAGE ON SCHEMA public TO PUBLIC;
"""

PLAIN_HOST = """
    CREATE TABLE public.users (id uuid PRIMARY KEY, email text, password_hash text);
    CREATE TABLE public.projects (id uuid PRIMARY KEY, name text, budget numeric);
    INSERT INTO public.users (id) SELECT gen_random_uuid() FROM generate_series(1, 3);
    INSERT INTO public.projects (id, name) SELECT gen_random_uuid(), 'Project ' || n FROM generate_series(1, 2) AS n;
"""

# Names of ours in public, every kind of object, and rules that apply to the host's two tables.
ODDITIES = """
    CREATE TYPE public.mood AS ENUM ('calm', 'Stormy');
    CREATE DOMAIN public.shout AS text CHECK (value = upper(value));
    ALTER TABLE public.users ADD mood public.mood DEFAULT 'calm', ADD moods public.mood[], ADD motto public.shout,
        ADD search tsvector GENERATED ALWAYS AS (to_tsvector('simple', coalesce(email, ''))) STORED;
    ALTER TABLE public.projects ADD owner_id uuid REFERENCES public.users (id) ON DELETE SET NULL,
        ADD span int4range, ADD EXCLUDE USING gist (span WITH &&);
    CREATE INDEX "Odd Index" ON public.users (lower(email)) WHERE mood = 'Stormy';
    COMMENT ON TABLE public.users IS 'Careful: ''quoted'' and "odd"';

    CREATE TABLE public.notifications (id serial PRIMARY KEY, text text);
    CREATE TABLE public.alembic_version (version_num varchar(32) PRIMARY KEY);
    CREATE TABLE public.accounts (user_id int);
    INSERT INTO public.notifications (text) VALUES ('mine');
    INSERT INTO public.alembic_version VALUES ('0001'), ('of the host');
    CREATE TABLE public."Weird Table" ("a b" int, "select" text);
    CREATE TABLE public.events (at date, what text) PARTITION BY RANGE (at);
    CREATE TABLE public.events_now PARTITION OF public.events DEFAULT;

    CREATE VIEW public.people AS SELECT id, email FROM public.users;
    CREATE MATERIALIZED VIEW public.tally AS SELECT count(*) AS n FROM public.projects;
    CREATE FUNCTION public.gen_random_uuid() RETURNS uuid LANGUAGE sql AS $$SELECT NULL::uuid$$;
    CREATE FUNCTION public.touch() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$;
    CREATE TRIGGER touch BEFORE UPDATE ON public.users FOR EACH ROW EXECUTE FUNCTION public.touch();
    CREATE CONSTRAINT TRIGGER late AFTER INSERT ON public.projects DEFERRABLE FOR EACH ROW
        EXECUTE FUNCTION public.touch();
    ALTER TABLE public.users DISABLE TRIGGER touch;
    CREATE RULE quiet AS ON DELETE TO public.notifications DO INSTEAD NOTHING;

    ALTER TABLE public.users ENABLE ROW LEVEL SECURITY;
    ALTER TABLE public.projects ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    CREATE POLICY calm ON public.users USING (mood = 'calm');
    CREATE POLICY reads ON public.projects FOR SELECT TO tenant USING (true);

    CREATE SCHEMA other;
    CREATE TABLE other.notifications (id uuid PRIMARY KEY);
    CREATE FUNCTION other.log_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$BEGIN PERFORM 1; END$$;
    CREATE EVENT TRIGGER log_ddl ON ddl_command_end EXECUTE FUNCTION other.log_ddl();
    CREATE PUBLICATION everything FOR ALL TABLES;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO tenant;
"""

# Every definition in the database, with the transaction that wrote it.
_DEFINITIONS = """
    SELECT md5(string_agg(line, chr(10) ORDER BY line)) FROM (
        SELECT format('class %s %s %s', oid, xmin, relacl) FROM pg_class
        UNION ALL SELECT format('attribute %s %s %s', attrelid, attnum, xmin) FROM pg_attribute
        UNION ALL SELECT format('constraint %s %s', oid, xmin) FROM pg_constraint
        UNION ALL SELECT format('trigger %s %s', oid, xmin) FROM pg_trigger
        UNION ALL SELECT format('type %s %s', oid, xmin) FROM pg_type
        UNION ALL SELECT format('procedure %s %s', oid, xmin) FROM pg_proc
        UNION ALL SELECT format('namespace %s %s', oid, xmin) FROM pg_namespace
        UNION ALL SELECT format('policy %s %s', oid, xmin) FROM pg_policy
        UNION ALL SELECT format('setting %s %s', setdatabase, setrole) FROM pg_db_role_setting
    ) AS lines (line)
"""

# Foreign keys put internal triggers on the table they point at; nothing else of ours may be there.
_TRIGGERS = """
    SELECT format('%s on %s: %s %s', tgname, tgrelid::regclass, tgenabled, pg_get_triggerdef(pg_trigger.oid))
      FROM pg_trigger
      LEFT JOIN pg_constraint ON pg_constraint.oid = tgconstraint
      JOIN pg_class ON pg_class.oid = coalesce(nullif(conrelid, 0), tgrelid)
     WHERE relnamespace IS DISTINCT FROM to_regnamespace('client_portal')
     ORDER BY 1
"""

_GRANTS = """
    SELECT format('%s %s %s', relname, relowner::regrole, relacl) FROM pg_class
     WHERE relnamespace = 'public'::regnamespace
    UNION ALL
    SELECT format('%s.%s %s', attrelid::regclass, attname, attacl) FROM pg_attribute WHERE attacl IS NOT NULL
    UNION ALL
    SELECT format('%s %s', nspname, nspacl) FROM pg_namespace WHERE nspname <> 'client_portal'
    ORDER BY 1
"""

_TABLES = """
    SELECT oid::regclass::text FROM pg_class WHERE relnamespace = to_regnamespace('public') AND relkind = 'r' ORDER BY 1
"""


@dataclass(frozen=True)
class Host:
    """One database of a host, and the addresses of its owner and of the portal's role."""

    name: str
    owner_url: str
    url: str
    bin_dir: Path

    @asynccontextmanager
    async def session(self, url: str | None = None) -> AsyncIterator["asyncpg.Connection[Any]"]:
        """A session of the host's owner, as the PM app has many."""
        connection = await Connector(url or self.owner_url, application_name="pm-app")()
        try:
            yield connection
        finally:
            await connection.close()

    async def execute(self, script: str) -> None:
        async with self.session() as session:
            await session.execute(script)

    async def value(self, query: str) -> Any:
        async with self.session() as session:
            return await session.fetchval(query)

    async def public(self) -> str:
        """All of the database that is not ours: what must be the same, byte for byte, whatever the portal does."""
        parts = [await self.dump("-N", "client_portal")]
        async with self.session() as session:
            for query in (_TRIGGERS, _GRANTS):
                parts += [row[0] for row in await session.fetch(query)]
            for (table,) in await session.fetch(_TABLES):
                parts.append(f"{table}: {await session.fetchval(f'SELECT count(*) FROM {table}')}")
        return "\n".join(parts)

    async def fingerprint(self) -> str:
        """Changes with any change of a definition or of the host's rows, also with one that was undone again."""
        async with self.session() as session:
            parts = [await session.fetchval(_DEFINITIONS)]
            for (table,) in await session.fetch(_TABLES):
                parts.append(
                    await session.fetchval(f"SELECT string_agg(t::text, ',' ORDER BY t::text) FROM {table} AS t")
                )
        return "\n".join(map(str, parts))

    async def dump(self, *arguments: str) -> str:
        """The definitions, as pg_dump prints them."""
        return await output_of(
            str(self.bin_dir / "pg_dump"), "-s", "--restrict-key=k", *arguments, "-d", self.owner_url
        )

    async def schema_exists(self) -> bool:
        return bool(await self.value("SELECT to_regnamespace('client_portal') IS NOT NULL"))


async def output_of(*command: str, env: dict[str, str] | None = None) -> str:
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=env
    )
    stdout, stderr = await process.communicate()
    assert process.returncode == 0, stderr.decode()
    return stdout.decode()
