"""Preflight: each thing in the way is one line that says what to do, and looking changes nothing."""

import re

import pytest
from sqlalchemy import NullPool
from sqlalchemy.ext.asyncio import create_async_engine

from app.core.database import Connector
from app.core.errors import StartupError
from app.core.migrations import upgrade
from app.projects.preflight import HostSchema, _server_is_too_old, check_host, host_columns
from tests.migrations.conftest import MINIMAL_RIGHTS, MakeHost
from tests.migrations.host import PLAIN_HOST, Host

USERS = "CREATE TABLE public.users (id uuid PRIMARY KEY);"
PROJECTS = "CREATE TABLE public.projects (id uuid PRIMARY KEY);"
UNFIT = {
    "no users": (PROJECTS, r"has no table public\.users: point DATABASE_URL at the database of the PM app"),
    "no projects": (USERS, r"has no table public\.projects: point DATABASE_URL at the database of the PM app"),
    "no public": ("DROP SCHEMA public", r"has no table public\.users"),
    "a view": ("CREATE VIEW public.users AS SELECT gen_random_uuid() AS id;" + PROJECTS, r"public\.users is a view: "),
    "a materialized view": (
        USERS + "CREATE MATERIALIZED VIEW public.projects AS SELECT gen_random_uuid() AS id",
        r"public\.projects is a materialized view: ",
    ),
    "a partitioned table": (
        "CREATE TABLE public.users (id uuid PRIMARY KEY) PARTITION BY HASH (id);" + PROJECTS,
        r"public\.users is a partitioned table: ",
    ),
    "a foreign table": (
        "DROP FOREIGN DATA WRAPPER IF EXISTS w CASCADE; CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA "
        "WRAPPER w; CREATE FOREIGN TABLE public.users (id uuid) SERVER s;" + PROJECTS,
        r"public\.users is a foreign table: ",
    ),
    "unlogged": (
        "CREATE UNLOGGED TABLE public.users (id uuid PRIMARY KEY);" + PROJECTS,
        r"unlogged, .*: ALTER TABLE public\.users SET LOGGED;$",
    ),
    "no id": ("CREATE TABLE public.users (uid uuid PRIMARY KEY);" + PROJECTS, r"public\.users has no column id: "),
    "a dropped id": (
        "CREATE TABLE public.users (id uuid, n int); ALTER TABLE public.users DROP id;" + PROJECTS,
        r"public\.users has no column id: ",
    ),
    "an integer id": (
        USERS + "CREATE TABLE public.projects (id bigint PRIMARY KEY)",
        r"public\.projects\.id is of type bigint: the portal needs uuid",
    ),
    "a text id": (
        "CREATE TABLE public.users (id text PRIMARY KEY);" + PROJECTS,
        r"public\.users\.id is of type text: ",
    ),
    "an id that repeats": (
        "CREATE TABLE public.users (id uuid NOT NULL);" + PROJECTS,
        r"public\.users\.id is not unique, .*: ALTER TABLE public\.users ADD UNIQUE \(id\);$",
    ),
    "an id unique only with another": (
        "CREATE TABLE public.users (id uuid, n int, PRIMARY KEY (id, n));" + PROJECTS,
        r"public\.users\.id is not unique",
    ),
    "an id unique only in part": (
        "CREATE TABLE public.users (id uuid, n int); CREATE UNIQUE INDEX ON public.users (id) WHERE n > 0;" + PROJECTS,
        r"public\.users\.id is not unique",
    ),
    "an id unique only in the end": (
        "CREATE TABLE public.users (id uuid PRIMARY KEY DEFERRABLE);" + PROJECTS,
        r"public\.users\.id is not unique",
    ),
}
FIT = {
    "a primary key": "",
    "a unique constraint": "ALTER TABLE public.users DROP CONSTRAINT users_pkey, ADD UNIQUE (id)",
    "a unique index": (
        "ALTER TABLE public.users DROP CONSTRAINT users_pkey; CREATE UNIQUE INDEX ON public.users (id) INCLUDE (email)"
    ),
    "a domain over uuid": "CREATE DOMAIN public.key AS uuid; ALTER TABLE public.users ALTER id TYPE public.key",
    "rights on the columns only": (
        "REVOKE ALL ON public.users, public.projects FROM tenant; GRANT SELECT (id), REFERENCES (id) ON public.users "
        "TO tenant; GRANT SELECT (id, name), REFERENCES (id) ON public.projects TO tenant"
    ),
}


@pytest.mark.parametrize(("script", "says"), UNFIT.values(), ids=UNFIT)
async def test_a_host_that_does_not_fit_is_refused(make_host: MakeHost, script: str, says: str) -> None:
    host = await make_host(script)
    before = await host.fingerprint()
    message = await refusal(host.url)
    assert re.search(says, message)
    assert await refusal(host.owner_url) == message
    assert await host.fingerprint() == before


@pytest.mark.parametrize("script", FIT.values(), ids=FIT)
async def test_a_host_that_fits_passes_and_can_be_migrated(make_host: MakeHost, script: str) -> None:
    host = await make_host(PLAIN_HOST + MINIMAL_RIGHTS + script)
    before = await host.fingerprint()
    assert await check_host(host.url) == []
    assert await host.fingerprint() == before
    assert await upgrade(host.url)


async def test_missing_rights_are_granted_by_the_line_as_printed(make_host: MakeHost) -> None:
    host = await make_host(PLAIN_HOST + "REVOKE ALL ON SCHEMA public FROM PUBLIC")
    before = await host.fingerprint()
    message = await refusal(host.url)
    assert message == (
        "Role tenant lacks rights on the host's tables: let their owner run GRANT USAGE ON SCHEMA public TO tenant; "
        "GRANT SELECT (id), REFERENCES (id) ON public.users TO tenant; "
        "GRANT SELECT (id), REFERENCES (id) ON public.projects TO tenant;"
    )
    assert await host.fingerprint() == before
    await host.execute(message.partition(" run ")[2])
    (warning,) = await check_host(host.url)
    assert warning.endswith("short form of their id: GRANT SELECT (name) ON public.projects TO tenant;")
    await host.execute(warning.rpartition(": ")[2])
    assert await check_host(host.url) == []
    assert await upgrade(host.url)


async def test_only_the_missing_rights_are_asked_for(make_host: MakeHost) -> None:
    host = await make_host(PLAIN_HOST + MINIMAL_RIGHTS + "REVOKE REFERENCES ON public.users FROM tenant")
    assert (await refusal(host.url)).endswith(" run GRANT REFERENCES (id) ON public.users TO tenant;")
    assert await check_host(host.url, migrating=False) == []


async def test_the_schema_to_come_is_looked_at_too(make_host: MakeHost) -> None:
    host = await make_host(may_create=False)
    before = await host.fingerprint()
    assert (await refusal(host.url)).endswith(" run CREATE SCHEMA client_portal AUTHORIZATION tenant;")
    assert await host.fingerprint() == before
    assert await check_host(host.url, migrating=False) == []
    await host.execute("CREATE SCHEMA client_portal")
    assert (await refusal(host.url)).endswith(" run ALTER SCHEMA client_portal OWNER TO tenant;")
    await host.execute("ALTER SCHEMA client_portal OWNER TO tenant")
    assert await check_host(host.url) == []


async def test_a_database_that_takes_no_writes_is_refused(host: Host) -> None:
    await host.execute(f"ALTER DATABASE {host.name} SET default_transaction_read_only = on")
    assert "set default_transaction_read_only to off" in await refusal(host.url)


async def test_row_security_that_hides_rows_is_a_warning_until_a_policy_shows_them(make_host: MakeHost) -> None:
    host = await make_host(
        PLAIN_HOST + MINIMAL_RIGHTS + "ALTER TABLE public.projects ENABLE ROW LEVEL SECURITY;"
        "CREATE POLICY named ON public.projects USING (name IS NOT NULL)"
    )
    (warning,) = await check_host(host.url)
    assert "hides rows of public.projects from role tenant" in warning
    assert await check_host(host.owner_url) == []
    await host.execute(re.findall("CREATE POLICY .*?;", warning)[0])
    assert await check_host(host.url) == []
    await host.execute("CREATE POLICY after_all ON public.projects AS RESTRICTIVE USING (budget > 0)")
    assert len(await check_host(host.url)) == 1


async def test_an_odd_host_passes(odd_host: Host) -> None:
    before = await odd_host.fingerprint()
    (warning,) = await check_host(odd_host.url)
    assert "hides rows of public.users" in warning
    assert await odd_host.fingerprint() == before


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("", True),
        ("ALTER TABLE public.projects DROP name", False),
        ("REVOKE SELECT ON public.projects FROM tenant; GRANT SELECT (id) ON public.projects TO tenant", False),
    ],
)
async def test_finds_the_name_of_projects_where_it_may_be_read(
    make_host: MakeHost, script: str, expected: bool
) -> None:
    host = await make_host(PLAIN_HOST + MINIMAL_RIGHTS + script)
    engine = create_async_engine(
        "postgresql+asyncpg://", poolclass=NullPool, connect_args={"async_creator_fn": Connector(host.url)}
    )
    async with engine.connect() as connection:
        assert await host_columns(connection) == HostSchema(has_project_name=expected)


def test_servers_without_gen_random_uuid_are_too_old() -> None:
    assert _server_is_too_old(13) is None
    assert _server_is_too_old(12) == (
        "The server is PostgreSQL 12: the portal needs 13 or newer, so upgrade the server"
    )


async def refusal(url: str) -> str:
    with pytest.raises(StartupError) as refused:
        await check_host(url)
    assert "\n" not in str(refused.value)
    return str(refused.value)
