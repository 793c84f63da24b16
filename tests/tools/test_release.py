"""The statements by which an operator lets go of a project or a user, as docs/operations.md gives them."""

import re
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from app.dev.demo import FIRST_PROJECT
from tests.world import PEOPLE, World, email

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
    await _prefer(world)
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


async def _prefer(world: World) -> None:
    """Everybody has preferences, a browser, and e-mail that has not left yet."""
    for person in ("client", "dev", "pm"):
        await world.execute(
            f"""
            INSERT INTO client_portal.notification_times (user_id, digest) VALUES ('{PEOPLE[person]}', 'daily')
            ON CONFLICT DO NOTHING;
            INSERT INTO client_portal.notification_choices (user_id, type) VALUES ('{PEOPLE[person]}', 'file_uploaded');
            INSERT INTO client_portal.muted_projects (user_id, project_id)
            VALUES ('{PEOPLE[person]}', '{FIRST_PROJECT}');
            INSERT INTO client_portal.visibility (user_id, visible_until) VALUES ('{PEOPLE[person]}', now());
            INSERT INTO client_portal.push_subscriptions (user_id, endpoint, p256dh, auth)
            VALUES ('{PEOPLE[person]}', 'https://push.example/{person}', '', '');
            INSERT INTO client_portal.push_outbox (id, recipient_id, due_at)
            SELECT id, recipient_user_id, now() FROM client_portal.notifications
            WHERE recipient_user_id = '{PEOPLE[person]}';
            INSERT INTO client_portal.email_suppressions (address, reason) VALUES ('{email(person)}', 'Full');
            """
        )


async def _talk(as_person: Callable[..., httpx.AsyncClient]) -> None:
    for person in ("client", "dev", "pm"):
        (room,) = (await as_person(person).get("/api/rooms")).json()["items"]
        answer = await as_person(person).post(f"/api/rooms/{room['id']}/messages", json={"body": f"From {person}"})
        assert answer.status_code == 201


async def _left_of(world: World, id_: UUID, *columns: str) -> set[str]:
    """The tables that still name it in one of these columns."""
    tables = await world.fetch(
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_schema = 'client_portal' AND column_name = ANY ($1)",
        columns,
    )
    return {
        table
        for table, column in tables
        if await world.value(f"SELECT exists(SELECT FROM client_portal.{table} WHERE {column} = $1)", id_)
    }


async def test_a_project_is_let_go(world: World, as_person: Callable[..., httpx.AsyncClient]) -> None:
    await _work(world, as_person)
    await world.execute(purge("rooms WHERE project_id").replace("…", str(FIRST_PROJECT)))
    await world.execute("DELETE FROM public.projects WHERE id = $1", FIRST_PROJECT)
    assert await _left_of(world, FIRST_PROJECT, "project_id") == {"audit_log"}
    assert await world.value("SELECT count(*) FROM client_portal.push_outbox") == 0


@pytest.mark.parametrize("person", ["client", "dev"])
async def test_a_user_is_let_go(world: World, as_person: Callable[..., httpx.AsyncClient], person: str) -> None:
    await _work(world, as_person)
    await world.open_session(person)
    statements = purge("rooms WHERE client_id").replace("…", str(PEOPLE[person])).replace("HEIR", str(PEOPLE["admin"]))
    await world.execute(statements)
    await world.execute("DELETE FROM public.users WHERE id = $1", PEOPLE[person])
    assert await _left_of(world, PEOPLE[person], "user_id", "recipient_user_id", "recipient_id") == {"audit_log"}
    suppressed = await world.fetch("SELECT address FROM client_portal.email_suppressions")
    assert {row[0] for row in suppressed} == {email(each) for each in ("client", "dev", "pm") if each != person}
    assert await world.value("SELECT count(*) FROM client_portal.messages") == (0 if person == "client" else 3)
    for table, left in (("files", 2), ("issues", 2), ("approvals", 2)):
        kept = 0 if person == "client" else left
        assert await world.value(f"SELECT count(*) FROM client_portal.{table}") == kept
    assert await world.value("SELECT count(*) FROM client_portal.tasks") == 2
