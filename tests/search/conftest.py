from collections.abc import Callable

import httpx
import pytest

from tests.search.people import Searching
from tests.world import PEOPLE, World


@pytest.fixture
async def searching(as_person: Callable[..., httpx.AsyncClient], world: World) -> Searching:
    """The first project's people and the room of its client."""
    room = await world.value("SELECT id FROM client_portal.rooms WHERE client_id = $1", PEOPLE["client"])
    return Searching(world, room, as_person)
