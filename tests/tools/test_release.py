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


async def _work(world: World, as_person: Callable[..., httpx.AsyncClient]) -> None:
    """Every kind of thing in the first project, done by its client and its developer."""
    await _talk(as_person)
    room = await world.value("SELECT id FROM client_portal.rooms WHERE client_id = $1", PEOPLE["client"])
    for person, other in (("client", "dev"), ("dev", "client")):
        await world.execute(
            f"""
            WITH file AS (
                INSERT INTO client_portal.files (id, room_id, uploader_id, name, media_type, size, sha256, key)
                VALUES (gen_random_uuid(), '{room}', '{PEOPLE[person]}', 'a', 'text/plain', 1, '', '{person}')
                RETURNING id
            ), attached AS (
                INSERT INTO client_portal.attachments (kind, subject_id, file_id, position)
                SELECT 'message', gen_random_uuid(), id, 1 FROM file
            ), issue AS (
                INSERT INTO client_portal.issues (id, room_id, author_id, kind, title)
                VALUES (gen_random_uuid(), '{room}', '{PEOPLE[person]}', 'issue', 'A leak') RETURNING id
            ), changed_issue AS (
                INSERT INTO client_portal.issue_changes (issue_id, version, actor_id, changes)
                SELECT id, 2, '{PEOPLE[other]}', '{{}}' FROM issue
            ), task AS (
                INSERT INTO client_portal.tasks (id, project_id, author_id, title, assignee_id, position)
                VALUES (gen_random_uuid(), '{FIRST_PROJECT}', '{PEOPLE[other]}', 'Tiles', '{PEOPLE[person]}', 1)
                RETURNING id
            ), changed_task AS (
                INSERT INTO client_portal.task_changes (task_id, version, actor_id, changes)
                SELECT id, 2, '{PEOPLE[person]}', '{{}}' FROM task
            )
            INSERT INTO client_portal.approvals
                (id, task_id, room_id, requester_id, snapshot, snapshot_hash, state, decider_id)
            SELECT gen_random_uuid(), id, '{room}', '{PEOPLE[person]}', '{{}}', '', 'approved', '{PEOPLE[other]}'
            FROM task
            """
        )


async def _talk(as_person: Callable[..., httpx.AsyncClient]) -> None:
    for person in ("client", "dev", "pm"):
        (room,) = (await as_person(person).get("/api/rooms")).json()["items"]
        answer = await as_person(person).post(f"/api/rooms/{room['id']}/messages", json={"body": f"From {person}"})
        assert answer.status_code == 201


async def test_a_project_is_let_go(world: World, as_person: Callable[..., httpx.AsyncClient]) -> None:
    await _work(world, as_person)
    await world.execute(purge("rooms WHERE project_id").replace("…", str(FIRST_PROJECT)))
    await world.execute("DELETE FROM public.projects WHERE id = $1", FIRST_PROJECT)


@pytest.mark.parametrize("person", ["client", "dev"])
async def test_a_user_is_let_go(world: World, as_person: Callable[..., httpx.AsyncClient], person: str) -> None:
    await _work(world, as_person)
    await world.open_session(person)
    statements = purge("rooms WHERE client_id").replace("…", str(PEOPLE[person])).replace("HEIR", str(PEOPLE["admin"]))
    await world.execute(statements)
    await world.execute("DELETE FROM public.users WHERE id = $1", PEOPLE[person])
    assert await world.value("SELECT count(*) FROM client_portal.messages") == (0 if person == "client" else 3)
    for table, left in (("files", 2), ("issues", 2), ("approvals", 2)):
        kept = 0 if person == "client" else left
        assert await world.value(f"SELECT count(*) FROM client_portal.{table}") == kept
    assert await world.value("SELECT count(*) FROM client_portal.tasks") == 2
