"""One Postgres server a test process, one database a test, copied from a template that holds the demo world."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from passlib.context import CryptContext

from app.core import migrations
from app.dev import demo
from app.dev.embedded import EmbeddedPostgres
from tests.pair import Pair, running_pair
from tests.portal import Portal
from tests.running import running, until
from tests.world import SECRET, World, bearer

_numbers = count(1)
_ROOM = 4 * 2**30
"""Bytes that the databases of one test process surely fit in, with those of its neighbours."""


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords() -> Iterator[None]:
    """Hashes that take no time: what a guess costs is one test's matter, not that of every sign-in."""
    with pytest.MonkeyPatch.context() as patch:
        cheap = partial(CryptContext, argon2__rounds=1, argon2__memory_cost=64, argon2__parallelism=1)
        patch.setattr("app.core.passwords.CryptContext", cheap)
        yield


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """A real server, without the waits for the disk that tests do not need."""
    with tempfile.TemporaryDirectory(dir=_memory()) as folder:
        Path(folder).chmod(0o711)
        options = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
        with EmbeddedPostgres(Path(folder) / "data", options=options) as server:
            yield server


def _memory() -> str | None:
    """A folder in memory, where a copy of a database takes a tenth of its time; None if there is none with room."""
    folder = Path("/dev/shm")
    return str(folder) if folder.is_dir() and shutil.disk_usage(folder).free > _ROOM else None


@pytest_asyncio.fixture(scope="session")
async def demo_template(postgres: EmbeddedPostgres) -> str:
    """The name of a database that holds the demo world."""
    url = postgres.url(demo.DATABASE, demo.ROLE, "portal")
    await demo.create_host(postgres, url)
    await migrations.upgrade(url)
    await demo.create_accounts(url)
    return demo.DATABASE


@pytest_asyncio.fixture
async def world(postgres: EmbeddedPostgres, demo_template: str) -> AsyncIterator[World]:
    """A fresh copy of the demo world."""
    async with _copy_of(postgres, demo_template) as copy:
        yield copy


@pytest_asyncio.fixture(scope="session")
async def shared_world(postgres: EmbeddedPostgres, demo_template: str) -> AsyncIterator[World]:
    """One copy for all tests that leave the people, projects and settings of it as they were."""
    async with _copy_of(postgres, demo_template) as copy:
        await copy.save()
        yield copy


@pytest_asyncio.fixture
async def recycled_world(shared_world: World, untouched_world: None) -> AsyncIterator[World]:
    """The shared copy, its rows brought back after the test: quicker than a copy of one's own."""
    yield shared_world
    await shared_world.restore()


@pytest_asyncio.fixture(scope="module")
async def untouched_world(shared_world: World) -> None:
    """Brings the rows back once for each file: others may have left some in the shared copy."""
    await shared_world.restore()


@pytest_asyncio.fixture(scope="session")
async def app_of_all(shared_world: World) -> AsyncIterator[FastAPI]:
    """The application on the shared world, as long as the tests run."""
    async with running(shared_world.settings()) as application:
        yield application


@pytest_asyncio.fixture
async def shared_app(app_of_all: FastAPI) -> FastAPI:
    """The application on the shared world. It has got over what others did to the server that they share with it."""
    await until(lambda: app_of_all.state.broker.is_connected)
    return app_of_all


@asynccontextmanager
async def _copy_of(postgres: EmbeddedPostgres, demo_template: str) -> AsyncIterator[World]:
    name = f"world_{next(_numbers)}"
    copy = World(url=postgres.url(name, demo.ROLE, "portal"), owner_url=postgres.url(name))
    server = World(url="", owner_url=postgres.url())
    # Without fsync copying files takes a third of the time that logging their pages takes.
    await server.execute(f"CREATE DATABASE {name} TEMPLATE {demo_template} STRATEGY FILE_COPY")
    await server.execute(f"GRANT CREATE ON DATABASE {name} TO {demo.ROLE}")
    yield copy
    await server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest_asyncio.fixture
async def app(world: World) -> AsyncIterator[FastAPI]:
    """The application in this process, for what needs no real sockets."""
    async with running(world.settings()) as application:
        yield application


@pytest_asyncio.fixture
async def http(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A caller without credentials."""
    async with _caller(app) as caller:
        yield caller


@pytest_asyncio.fixture
async def as_person(app: FastAPI) -> AsyncIterator[Callable[..., httpx.AsyncClient]]:
    """Makes callers: ``as_person("pm")`` bears a token as the host issues them; further arguments change its claims."""
    callers = []

    def caller(person: str, **claims: Any) -> httpx.AsyncClient:
        callers.append(_caller(app, headers=bearer(person, **claims)))
        return callers[-1]

    yield caller
    for each in callers:
        await each.aclose()


def _caller(app: FastAPI, **options: Any) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://portal.test", **options)


@pytest.fixture
def run_portal(world: World, tmp_path: Path) -> Iterator[Callable[..., Portal]]:
    """Starts real portals on this test's database; further arguments are environment variables."""
    with ExitStack() as stack:

        def run(**environment: Any) -> Portal:
            return stack.enter_context(Portal(tmp_path, **(_environment(world) | environment)))

        yield run


@pytest_asyncio.fixture(scope="session")
async def pair_of_all(
    postgres: EmbeddedPostgres, demo_template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Pair]:
    """Two real portals on a copy of the demo world, from the first test that asks for them to the last of all."""
    async with _copy_of(postgres, demo_template) as copy:
        # Crashes are part of these tests. One must not undo that the rows had come back.
        durably = "EXECUTE format('ALTER DATABASE %I SET synchronous_commit = on', current_database())"
        await copy.execute(f"DO $$BEGIN {durably}; END$$")
        await copy.save()
        with running_pair(copy, tmp_path_factory.mktemp("pair"), **_environment(copy)) as pair:
            yield pair


@pytest_asyncio.fixture
async def pair(pair_of_all: Pair) -> Pair:
    """Two real portals, as if they had just been started on a fresh copy: quicker than ``run_portal``."""
    await pair_of_all.begin_anew()
    return pair_of_all


def _environment(world: World) -> dict[str, Any]:
    return {
        "DATABASE_URL": world.url,
        "FILES_URL": world.files.as_uri(),
        "JWT_SECRET": SECRET,
        "NOTIFY_TEST_ENDPOINTS": "true",
        "MAIL_WORKER": "false",
    }
