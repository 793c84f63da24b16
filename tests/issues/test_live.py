"""Open pages hear of issues: those of whom they concern, in every process."""

from collections.abc import Callable
from typing import Any

import httpx

from app.dev.demo import FIRST_PROJECT
from tests.issues.conftest import room_of
from tests.portal import Portal
from tests.sockets import open_socket
from tests.world import World, bearer


async def _ask(portal: Portal, person: str, method: str, path: str, **content: Any) -> dict[str, Any]:
    async with httpx.AsyncClient(base_url=portal.url, headers=bearer(person), timeout=30) as http:
        answer = await http.request(method, path, json=content)
    answer.raise_for_status()
    return dict(answer.json())


async def test_each_change_is_told_to_the_team_and_to_its_client_alone(
    run_portal: Callable[..., Portal], world: World, other_room: str
):
    portal = run_portal(WEB_CONCURRENCY=2)
    address = f"{portal.url}/api/projects/{FIRST_PROJECT}/ws"
    async with (
        open_socket(address, bearer("client")) as client,
        open_socket(address, bearer("dev")) as dev,
        open_socket(address, bearer("client2")) as stranger,
    ):
        for socket in (client, dev, stranger):
            await socket.until("ready")
        path = f"/api/rooms/{await room_of(world, 'client')}/issues"
        issue = await _ask(portal, "client", "POST", path, kind="issue", title="A leak")
        await _ask(portal, "client", "PATCH", f"/api/issues/{issue['id']}", title="Two leaks")
        await _ask(portal, "client", "PATCH", f"/api/issues/{issue['id']}", title="Two leaks")
        await _ask(portal, "dev", "PATCH", f"/api/issues/{issue['id']}", status="done")
        another = await _ask(portal, "client2", "POST", f"/api/rooms/{other_room}/issues", kind="issue", title="A door")
        told = [("changed", {"project_id": str(FIRST_PROJECT), "kind": "issue", "id": issue["id"]})] * 3
        last = ("changed", {"project_id": str(FIRST_PROJECT), "kind": "issue", "id": another["id"]})
        assert [await client.next() for _ in told] == told
        assert [await dev.next() for _ in range(4)] == [*told, last]
        assert await stranger.next() == last
