from collections.abc import Callable
from uuid import UUID

import httpx
import pytest

from tests.chat.people import Talk
from tests.world import World


@pytest.fixture
async def talk(as_person: Callable[..., httpx.AsyncClient], world: World) -> Talk:
    """The first project's people and the room of its client."""
    room: UUID = await world.value(
        "SELECT id FROM client_portal.rooms WHERE client_id = 'aaaaaaaa-0000-4000-8000-000000000004'"
    )
    return Talk(str(room), as_person)
