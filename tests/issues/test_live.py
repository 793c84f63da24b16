"""Open pages hear of issues: those of whom they concern, in every process."""

from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest

from app.dev.demo import FIRST_PROJECT
from tests.issues.conftest import room_of
from tests.pair import Pair
from tests.portal import Portal
from tests.sockets import Socket, open_socket
from tests.world import World, bearer


@pytest.fixture
def world(pair: Pair) -> World:
    return pair.world


async def _ask(portal: Portal, person: str, method: str, path: str, **content: Any) -> dict[str, Any]:
    async with httpx.AsyncClient(base_url=portal.url, headers=bearer(person), timeout=30) as http:
        answer = await http.request(method, path, json=content)
    answer.raise_for_status()
    return dict(answer.json())


async def test_each_change_is_told_to_the_team_and_to_its_client_alone(pair: Pair, world: World, other_room: str):
    portals = (pair.one, pair.other)
    async with AsyncExitStack() as stack:

        async def in_each(person: str) -> list[Socket]:
            addresses = [f"{portal.url}/api/projects/{FIRST_PROJECT}/ws" for portal in portals]
            return [await stack.enter_async_context(open_socket(each, bearer(person))) for each in addresses]

        clients, team, strangers = [await in_each(person) for person in ("client", "dev", "client2")]
        for socket in (*clients, *team, *strangers):
            await socket.until("ready")
        one, other = portals
        path = f"/api/rooms/{await room_of(world, 'client')}/issues"
        issue = await _ask(one, "client", "POST", path, kind="issue", title="A leak")
        await _ask(other, "client", "PATCH", f"/api/issues/{issue['id']}", title="Two leaks")
        await _ask(one, "client", "PATCH", f"/api/issues/{issue['id']}", title="Two leaks")
        await _ask(other, "dev", "PATCH", f"/api/issues/{issue['id']}", status="done")
        another = await _ask(one, "client2", "POST", f"/api/rooms/{other_room}/issues", kind="issue", title="A door")
        told = [("changed", {"project_id": str(FIRST_PROJECT), "kind": "issue", "id": issue["id"]})] * 3
        last = ("changed", {"project_id": str(FIRST_PROJECT), "kind": "issue", "id": another["id"]})
        for client in clients:
            assert [await client.next() for _ in told] == told
        for dev in team:
            assert [await dev.next() for _ in range(4)] == [*told, last]
        for stranger in strangers:
            assert await stranger.next() == last
