"""These tests change rows only, so they share one copy of the demo world."""

import pytest

from tests.audited import Audited
from tests.world import World


@pytest.fixture
def world(recycled_world: World) -> World:
    return recycled_world


@pytest.fixture
async def audited(world: World) -> Audited:
    """What this test makes the audit log say."""
    return await Audited.on(world)
