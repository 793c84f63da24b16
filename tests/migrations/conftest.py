from collections.abc import Awaitable, Callable
from itertools import count

import pytest
import pytest_asyncio

from app.dev.embedded import EmbeddedPostgres
from tests.migrations.host import BLANK, ODDITIES, PASSWORD, PLAIN_HOST, ROLE, ROLES, Host
from tests.world import World

MINIMAL_RIGHTS = f"""
    GRANT SELECT, REFERENCES ON public.users, public.projects TO {ROLE};
"""

MakeHost = Callable[..., Awaitable[Host]]


@pytest_asyncio.fixture(scope="session")
async def cluster(postgres: EmbeddedPostgres) -> World:
    """A superuser who keeps no session open (other tests restart the server), and roles that own nothing."""
    superuser = World(url="", owner_url=postgres.url())
    for role in ROLES:
        await superuser.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'")
    return superuser


@pytest.fixture(scope="session")
def databases() -> list[str]:
    """Made as they are needed, and used again: a new database takes ten times as long as a new schema."""
    return []


@pytest.fixture
def make_host(postgres: EmbeddedPostgres, cluster: World, databases: list[str]) -> MakeHost:
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
