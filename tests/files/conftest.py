from uuid import UUID

import pytest

from tests.world import PEOPLE, World


@pytest.fixture
async def room(world: World) -> UUID:
    """The room of the first project's client."""
    return UUID(str(await world.value("SELECT id FROM client_portal.rooms WHERE client_id = $1", PEOPLE["client"])))
