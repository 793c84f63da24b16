"""What the demo's people have done before anybody looks, played on a world where nothing has happened yet."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.dev.demo import FIRST_PROJECT, SECOND_PROJECT
from app.dev.story import create_story
from tests.world import PEOPLE, World

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
    await create_story(world.url, tmp_path.as_uri())

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
    await create_story(world.url, tmp_path.as_uri())
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
