from collections.abc import Callable

import httpx
import pytest
from fastapi import FastAPI

from app.dev.demo import FIRST_PROJECT
from app.projects.roles import MemberRole
from app.projects.service import add_member
from tests.tasks.people import Board
from tests.world import PEOPLE, World


@pytest.fixture
def world(recycled_world: World) -> World:
    return recycled_world


@pytest.fixture
def app(shared_app: FastAPI) -> FastAPI:
    return shared_app


@pytest.fixture
async def board(as_person: Callable[..., httpx.AsyncClient], world: World) -> Board:
    """The first project's tasks."""
    return Board(as_person)


@pytest.fixture
async def neighbour(world: World) -> str:
    """A second client of the first project."""
    await world.act(add_member, FIRST_PROJECT, PEOPLE["client2"], MemberRole.CLIENT)
    return "client2"


@pytest.fixture
async def colleague(world: World) -> str:
    """A second developer of the first project."""
    await world.act(add_member, FIRST_PROJECT, PEOPLE["dev2"], MemberRole.DEVELOPER)
    return "dev2"


@pytest.fixture
async def misplaced(world: World) -> str:
    """A developer whom the host's hands made a client of the first project."""
    await world.execute(
        "INSERT INTO client_portal.project_members (project_id, user_id, role) VALUES ($1, $2, 'client')",
        FIRST_PROJECT,
        PEOPLE["dev2"],
    )
    return "dev2"
