from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import count

import asyncpg
import pytest
import pytest_asyncio

from app.core.database import Connector
from app.dev.embedded import EmbeddedPostgres
from tests.migrations.host import BLANK, ODDITIES, PASSWORD, PLAIN_HOST, ROLE, ROLES, Host

MINIMAL_RIGHTS = f"""
    GRANT SELECT, REFERENCES ON public.users, public.projects TO {ROLE};
"""

MakeHost = Callable[..., Awaitable[Host]]


@pytest_asyncio.fixture(scope="session")
async def cluster(postgres: EmbeddedPostgres) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """A superuser's session, and roles that own nothing and may do next to nothing."""
    connection = await Connector(postgres.url())()
    for role in ROLES:
        await connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'")
    yield connection
    await connection.close()


@pytest.fixture(scope="session")
def databases() -> list[str]:
    """Made as they are needed, and used again: a new database takes ten times as long as a new schema."""
    return []


@pytest.fixture
def make_host(
    postgres: EmbeddedPostgres, cluster: "asyncpg.Connection[asyncpg.Record]", databases: list[str]
) -> MakeHost:
    """Makes a host from a script; without ``may_create`` the portal's role may not make a schema in it."""
    numbers = count()

    async def make(script: str = PLAIN_HOST + MINIMAL_RIGHTS, *, may_create: bool = True, role: str = ROLE) -> Host:
        number = next(numbers)
        name = f"host_{number}"
        if number == len(databases):
            await cluster.execute(f"CREATE DATABASE {name}")
            databases.append(name)
        await cluster.execute(f"ALTER DATABASE {name} RESET ALL")
        await cluster.execute(f"REVOKE CREATE ON DATABASE {name} FROM {', '.join(ROLES)}")
        if may_create:
            await cluster.execute(f"GRANT CREATE ON DATABASE {name} TO {role}")
        host = Host(name, postgres.url(name), postgres.url(name, role, PASSWORD), postgres.bin_dir)
        await host.execute(BLANK + script)
        return host

    return make


@pytest_asyncio.fixture
async def host(make_host: MakeHost) -> Host:
    """An ordinary host."""
    return await make_host()


@pytest_asyncio.fixture
async def odd_host(make_host: MakeHost) -> Host:
    """A host full of things to trip over."""
    return await make_host(PLAIN_HOST + MINIMAL_RIGHTS + ODDITIES)
