"""The statements by which an operator lets go of a project or a user, as docs/operations.md gives them."""

import re
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from app.dev.demo import FIRST_PROJECT
from tests.world import PEOPLE, World

OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"


def purge(what: str) -> str:
    """The block of SQL that purges a project or a user."""
    found = [
        block for block in re.findall(r"```sql\n(BEGIN;.*?)```", OPERATIONS.read_text(), re.DOTALL) if what in block
    ]
    return str(min(found, key=len))


async def _talk(as_person: Callable[..., httpx.AsyncClient]) -> None:
    for person in ("client", "dev", "pm"):
        (room,) = (await as_person(person).get("/api/rooms")).json()["items"]
        answer = await as_person(person).post(f"/api/rooms/{room['id']}/messages", json={"body": f"From {person}"})
        assert answer.status_code == 201


async def test_a_project_is_let_go(world: World, as_person: Callable[..., httpx.AsyncClient]) -> None:
    await _talk(as_person)
    await world.execute(purge("rooms WHERE project_id").replace("…", str(FIRST_PROJECT)))
    await world.execute("DELETE FROM public.projects WHERE id = $1", FIRST_PROJECT)


@pytest.mark.parametrize("person", ["client", "dev"])
async def test_a_user_is_let_go(world: World, as_person: Callable[..., httpx.AsyncClient], person: str) -> None:
    await _talk(as_person)
    await world.open_session(person)
    statements = purge("rooms WHERE client_id").replace("…", str(PEOPLE[person])).replace("HEIR", str(PEOPLE["admin"]))
    await world.execute(statements)
    await world.execute("DELETE FROM public.users WHERE id = $1", PEOPLE[person])
    assert await world.value("SELECT count(*) FROM client_portal.messages") == (0 if person == "client" else 3)
