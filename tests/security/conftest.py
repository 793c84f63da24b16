"""What these tests share: a world with everybody in it."""

import pytest

from tests.security.cast import Cast
from tests.world import World


@pytest.fixture
async def cast(world: World) -> Cast:
    """Everybody who may ask, in a fresh copy of the demo world."""
    return await Cast.on(world)
