"""An outbox to work at."""

import pytest

from tests.outbox.post_office import PostOffice
from tests.world import World


@pytest.fixture
def office(world: World) -> PostOffice:
    return PostOffice(world)
