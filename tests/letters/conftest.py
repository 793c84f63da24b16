"""The shared world and its application: what tests here do is undone after each."""

import pytest
from fastapi import FastAPI

from tests.world import World


@pytest.fixture
def world(recycled_world: World) -> World:
    return recycled_world


@pytest.fixture
def app(shared_app: FastAPI) -> FastAPI:
    return shared_app
