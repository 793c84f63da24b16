from collections.abc import Callable
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from tests.files.people import Desk
from tests.world import PEOPLE, World


@pytest.fixture
async def room(world: World) -> UUID:
    """The room of the first project's client."""
    return UUID(str(await world.value("SELECT id FROM client_portal.rooms WHERE client_id = $1", PEOPLE["client"])))


@pytest.fixture
def desk(room: UUID, world: World, app: FastAPI, as_person: Callable[..., httpx.AsyncClient]) -> Desk:
    """That room, and whoever is asked to do something with its files."""
    return Desk(str(room), world, as_person, app)
