"""What the demo's people have done before anybody looks, played on a world where nothing has happened yet."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.dev.demo import FIRST_PROJECT, SECOND_PROJECT
from app.dev.story import create_story
from tests.world import PEOPLE, World, email

_MOMENTS = """
SELECT created_at FROM client_portal.messages UNION ALL SELECT shared_at FROM client_portal.files
UNION ALL SELECT updated_at FROM client_portal.issues UNION ALL SELECT at FROM client_portal.issue_changes
UNION ALL SELECT updated_at FROM client_portal.tasks UNION ALL SELECT at FROM client_portal.task_changes
UNION ALL SELECT created_at FROM client_portal.approvals UNION ALL SELECT created_at FROM client_portal.notifications
"""


@pytest.mark.parametrize(("project_id", "client"), [(FIRST_PROJECT, "client"), (SECOND_PROJECT, "client2")])
async def test_the_clients_find_work_under_way_and_a_question(
    world: World, as_person: Callable[..., httpx.AsyncClient], tmp_path: Path, project_id: object, client: str
) -> None:
    await create_story(world.settings(data_dir=tmp_path))

    async def items(path: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await as_person(client).get(f"/api/projects/{project_id}/{path}")).json()[
            "items"
        ]
        return found

    tasks = await items("tasks")
    assert 7 <= len(tasks) <= 9
    assert {task["status"] for task in tasks} == {"todo", "in_progress", "done"}
    today = datetime.now(UTC).date().isoformat()
    assert [task for task in tasks if task["status"] != "done" and task["due_on"] < today]
    approvals = [approval for task in tasks for approval in task["approvals"]]
    assert sorted(each["state"] for each in approvals) == ["approved", "changes_requested", "pending"]
    issues = await items("issues")
    assert {issue["status"] for issue in issues} == {"open", "in_progress", "done", "declined"}
    assert {issue["kind"] for issue in issues} == {"issue", "requirement"}
    files = await items("files")
    assert {each["media_type"] for each in files} == {"image/png", "application/pdf", "text/plain"}
    assert all(each["has_thumbnail"] for each in files if each["media_type"] == "image/png")


async def test_all_of_it_is_past_and_most_of_it_read(world: World, tmp_path: Path) -> None:
    began = datetime.now(UTC)
    await create_story(world.settings(data_dir=tmp_path))
    moments = [row[0] for row in await world.fetch(_MOMENTS)]
    assert max(moments) < began - timedelta(minutes=30)
    assert len(set(moments)) > 50
    unread = dict(
        await world.fetch(
            "SELECT recipient_user_id, count(*) FROM client_portal.notifications WHERE NOT is_read GROUP BY 1"
        )
    )
    assert max(unread.values()) <= 5
    assert {PEOPLE["client"], PEOPLE["client2"], PEOPLE["dev"], PEOPLE["pm"]} <= unread.keys()


# Digests and quiet hours make another story of the same one, by the hour at which it ends.
@pytest.mark.parametrize("hours_ago", [0, 6, 12, 18])
async def test_the_letters_are_there_that_would_have_gone_out_in_its_last_days(
    world: World, tmp_path: Path, hours_ago: int
) -> None:
    now = datetime.now(UTC) - timedelta(hours=hours_ago)
    await create_story(world.settings(data_dir=tmp_path), now)
    rows = await world.fetch("SELECT * FROM client_portal.email_outbox")
    assert 12 <= len(rows) <= 18
    assert min(row["created_at"] for row in rows) > now - timedelta(days=4, hours=1)
    # What a digest or quiet hours hold back still waits; a worker sends it when its time has come.
    assert all(row["due_at"] > now for row in rows if row["state"] == "waiting")
    reasons = {row["error"] for row in rows if row["state"] == "not_sent"}
    read, taken_back = "Nothing left to tell: read already.", "Nothing left to tell: it was taken back."
    assert {read} <= reasons <= {read, taken_back}, "what is seen, or decided, before its letter is due"
    sent = {str(row["id"]): row for row in rows if row["state"] == "sent"}
    letters = {file.stem: _letter(file) for file in (tmp_path / "mail").iterdir()}
    assert letters.keys() == sent.keys()
    team_and_clients = {email(person) for person in ("client", "client2", "dev", "dev2")}
    assert {row["address"] for row in sent.values()} == team_and_clients
    for id_, letter in letters.items():
        address, ended_at = sent[id_]["address"], sent[id_]["ended_at"]
        assert ended_at <= now
        assert letter["Date"].datetime == ended_at.replace(microsecond=0)
        assert [each.addr_spec for each in letter["To"].addresses] == [address]
        content = "".join(part.get_content() for part in letter.walk() if part.get_content_maintype() == "text")
        assert {each for each in map(email, PEOPLE) if each in content} == {address}


async def test_some_have_said_how_they_want_to_be_told(
    world: World, as_person: Callable[..., httpx.AsyncClient], tmp_path: Path
) -> None:
    await create_story(world.settings(data_dir=tmp_path))

    async def preferences(person: str) -> dict[str, Any]:
        return dict((await as_person(person).get("/api/notifications/preferences")).json())

    assert (await preferences("client2"))["digest"] == "daily"
    assert (await preferences("dev"))["quiet_hours"] == {"from": "20:00", "to": "07:00"}


def _letter(file: Path) -> EmailMessage:
    letter = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert isinstance(letter, EmailMessage)
    return letter
