"""What these tests share: everybody who may ask, and portals that they ask."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from app.dev import demo
from app.dev.embedded import EmbeddedPostgres
from tests.portal import Portal
from tests.security.canaries import plant
from tests.security.cast import Cast
from tests.security.stage import OTHER_ORIGIN, Stage
from tests.world import SECRET, World

_NAME = "security"


@pytest.fixture
async def cast(world: World) -> Cast:
    """Everybody who may ask, in a fresh copy of the demo world."""
    return await Cast.on(world)


@pytest_asyncio.fixture(scope="package")
async def stage(
    postgres: EmbeddedPostgres, demo_template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Stage]:
    """Two real processes that serve one world with everybody in it. Who ends somebody makes them first."""
    world = World(url=postgres.url(_NAME, demo.ROLE, "portal"), owner_url=postgres.url(_NAME))
    server = World(url="", owner_url=postgres.url())
    await server.execute(f"CREATE DATABASE {_NAME} TEMPLATE {demo_template}")
    environment = {
        "DATABASE_URL": world.url,
        "FILES_URL": world.files.as_uri(),
        "MAX_FILE_MB": "1",
        "JWT_SECRET": SECRET,
        "NOTIFY_TEST_ENDPOINTS": "true",
        "ALLOWED_ORIGINS": OTHER_ORIGIN,
    }
    folder = tmp_path_factory.mktemp("stage")
    cast = await Cast.on(world)
    await plant(cast)
    portals = [Portal(folder, **environment) for _ in range(2)]
    try:
        await asyncio.gather(*(asyncio.to_thread(portal.start) for portal in portals))
        yield Stage(cast, (portals[0].url, portals[1].url))
    finally:
        await asyncio.gather(*(asyncio.to_thread(portal.stop) for portal in portals))
    await server.execute(f"DROP DATABASE {_NAME} WITH (FORCE)")
