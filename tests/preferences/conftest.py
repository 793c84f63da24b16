"""These tests change rows only, so they share one copy of the demo world."""

import pytest

from tests.world import World


@pytest.fixture
def world(recycled_world: World) -> World:
    return recycled_world
