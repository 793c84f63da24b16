"""What these tests share: everybody who may ask, and the application and the portals that they ask."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
import pytest_asyncio
from fastapi import FastAPI

from app.dev import demo
from app.dev.embedded import EmbeddedPostgres
from tests.portal import Portal
from tests.running import running
from tests.security.canaries import plant
from tests.security.cast import Cast
from tests.security.stage import OTHER_ORIGIN, Stage
from tests.world import SECRET, World


@asynccontextmanager
async def _copy(postgres: EmbeddedPostgres, demo_template: str, name: str) -> AsyncIterator[World]:
    server = World(url="", owner_url=postgres.url())
    await server.execute(f"CREATE DATABASE {name} TEMPLATE {demo_template} STRATEGY FILE_COPY")
    yield World(url=postgres.url(name, demo.ROLE, "portal"), owner_url=postgres.url(name))
    await server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest_asyncio.fixture(scope="package")
async def cast_of_all(postgres: EmbeddedPostgres, demo_template: str) -> AsyncIterator[Cast]:
    """Everybody who may ask, in a copy of the demo world: making them takes longer than most tests."""
    async with _copy(postgres, demo_template, "people") as world:
        cast = await Cast.on(world)
        await world.save()
        yield cast


@pytest_asyncio.fixture(scope="package")
async def app_of_cast(cast_of_all: Cast) -> AsyncIterator[FastAPI]:
    async with running(cast_of_all.world.settings()) as application:
        yield application


@pytest.fixture
async def cast(cast_of_all: Cast) -> AsyncIterator[Cast]:
    """Everybody who may ask. Whatever a test does to them and their world is undone."""
    yield replace(cast_of_all, ids=dict(cast_of_all.ids), roles=dict(cast_of_all.roles))
    await cast_of_all.restore()


@pytest.fixture
async def world(cast: Cast) -> World:
    """The world that they are in."""
    return cast.world


@pytest.fixture
async def app(cast: Cast, app_of_cast: FastAPI) -> FastAPI:
    """The application on their world. What it remembers of people is no longer so: nothing was signalled."""
    app_of_cast.state.standings.forget_all()
    return app_of_cast


@pytest_asyncio.fixture(scope="package")
async def stage_of_all(
    postgres: EmbeddedPostgres, demo_template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Stage]:
    folder = tmp_path_factory.mktemp("stage")
    async with _copy(postgres, demo_template, "stage") as world:
        environment = {
            "DATABASE_URL": world.url,
            "FILES_URL": world.files.as_uri(),
            "MAX_FILE_MB": "1",
            "JWT_SECRET": SECRET,
            "NOTIFY_TEST_ENDPOINTS": "true",
            "ALLOWED_ORIGINS": OTHER_ORIGIN,
        }
        cast = await Cast.on(world)
        await plant(cast)
        await world.save()
        portals = [Portal(folder, **environment) for _ in range(2)]
        try:
            await asyncio.gather(*(asyncio.to_thread(portal.start) for portal in portals))
            yield Stage(cast, (portals[0].url, portals[1].url))
        finally:
            await asyncio.gather(*(asyncio.to_thread(portal.stop) for portal in portals))


@pytest_asyncio.fixture(scope="module")
async def stage(stage_of_all: Stage) -> AsyncIterator[Stage]:
    """Two real processes that serve one world with everybody in it. Who ends somebody makes them first.

    Of those that were made nothing is left to the tests of another file, which ask for all that there is.
    """
    cast = stage_of_all.cast
    yield replace(stage_of_all, cast=replace(cast, ids=dict(cast.ids), roles=dict(cast.roles)))
    await cast.restore()
