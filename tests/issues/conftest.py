from collections.abc import Callable
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from app.dev.demo import FIRST_PROJECT
from app.projects.roles import MemberRole
from app.projects.service import add_member
from tests.issues.people import Desk
from tests.world import PEOPLE, World


@pytest.fixture
def world(recycled_world: World) -> World:
    return recycled_world


@pytest.fixture
def app(shared_app: FastAPI) -> FastAPI:
    return shared_app


async def room_of(world: World, person: str) -> str:
    room: UUID = await world.value(
        "SELECT id FROM client_portal.rooms WHERE client_id = $1 AND project_id = $2", PEOPLE[person], FIRST_PROJECT
    )
    return str(room)


@pytest.fixture
async def desk(as_person: Callable[..., httpx.AsyncClient], world: World) -> Desk:
    """The first project's people and the room of its client."""
    return Desk(await room_of(world, "client"), as_person)


@pytest.fixture
async def other_room(world: World) -> str:
    """The room of a second client in the same project."""
    await world.act(add_member, FIRST_PROJECT, PEOPLE["client2"], MemberRole.CLIENT)
    return await room_of(world, "client2")
