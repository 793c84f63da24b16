"""Open pages hear of tasks at once, and of approvals only where they may be seen."""

from typing import Any

import httpx

from app.dev.demo import FIRST_PROJECT, SECOND_PROJECT
from app.projects.roles import MemberRole
from app.projects.service import add_member
from tests.pair import Pair
from tests.portal import Portal
from tests.sockets import Socket, open_socket
from tests.tasks.people import Board
from tests.world import PEOPLE, bearer


def page_of(portal: Portal, person: str):
    """The socket of this person's page of the project."""
    return open_socket(f"{portal.url}/api/projects/{FIRST_PROJECT}/ws", bearer(person))


async def heard(socket: Socket, last: dict[str, Any]) -> list[tuple[str, str]]:
    """Kind and id of what it is told, up to a change of this task."""
    found: list[tuple[str, str]] = []
    while not found or found[-1] != ("task", last["id"]):
        data = await socket.until("changed")
        assert data["project_id"] == str(FIRST_PROJECT)
        found.append((data["kind"], data["id"]))
    return found


async def test_frames_of_a_request_go_to_its_client_and_the_team(pair: Pair):
    await pair.world.act(add_member, FIRST_PROJECT, PEOPLE["client2"], MemberRole.CLIENT)
    portal = pair.one
    callers = {
        person: httpx.AsyncClient(base_url=portal.url, headers=bearer(person), timeout=30)
        for person in ("dev", "client")
    }
    board = Board(lambda person: callers[person])
    async with (
        page_of(portal, "client") as client,
        page_of(portal, "client2") as neighbour,
        page_of(portal, "pm") as pm,
    ):
        pages = {"client": client, "neighbour": neighbour, "pm": pm}
        for page in pages.values():
            await page.until("ready")
        task = await board.adds()
        first = await board.asks("dev", task)
        await board.approves("client", first)
        second = await board.asks("dev", task)
        await board.changes("dev", task, title="Paint the gate")
        last = await board.adds()
        found = {person: await heard(page, last) for person, page in pages.items()}
    for caller in callers.values():
        await caller.aclose()
    of_tasks = [("task", task["id"])] * 2 + [("task", last["id"])]
    of_requests = {("approval", first["id"]), ("approval", second["id"])}
    assert found["neighbour"] == of_tasks
    assert set(found["client"]) == set(found["pm"]) == of_requests | set(of_tasks)
    assert found["client"].count(("approval", first["id"])) == 2
    assert found["client"].count(("approval", second["id"])) == 2


async def test_the_list_of_projects_hears_of_progress(pair: Pair):
    portal = pair.one
    async with (
        open_socket(f"{portal.url}/api/projects/ws", bearer("client")) as client,
        open_socket(f"{portal.url}/api/projects/ws", bearer("client2")) as stranger,
        httpx.AsyncClient(base_url=portal.url, headers=bearer("dev"), timeout=30) as dev,
    ):
        await client.until("ready")
        await stranger.until("ready")
        board = Board(lambda _: dev)
        task = await board.adds()
        assert await heard(client, task) == [("task", task["id"])]
        await board.changes("dev", task, status="done")
        assert await heard(client, task) == [("task", task["id"])]
        await board.changes("dev", task, after_id=None)
        assert await heard(client, task) == [("task", task["id"])]
        assert (await board.delete("dev", task)).status_code == 204
        assert await heard(client, task) == [("task", task["id"])]
        of_others = f"/api/projects/{SECOND_PROJECT}/tasks"
        theirs = (await dev.post(of_others, json={"title": "Theirs"}, headers=bearer("dev2"))).json()
        assert (await stranger.until("changed"))["id"] == theirs["id"]
