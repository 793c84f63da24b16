"""What open pages of a project hear, over real sockets of real processes."""

import json
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from app.dev.demo import FIRST_PROJECT, SECOND_PROJECT
from app.projects import queries
from app.projects.changes import Changed, changed
from app.projects.roles import MemberRole
from app.projects.service import add_member, remove_member
from app.realtime.once import one_transaction
from tests.pair import Pair
from tests.portal import Portal
from tests.running import until
from tests.security.asgi import handshake
from tests.sockets import Socket, open_socket, refusal
from tests.world import PEOPLE, World, bearer


@pytest.fixture
def world(pair: Pair) -> World:
    return pair.world


def project_socket(portal: Portal, person: str, project: UUID = FIRST_PROJECT):
    return open_socket(f"{portal.url}/api/projects/{project}/ws", bearer(person))


def list_socket(portal: Portal, person: str):
    return open_socket(f"{portal.url}/api/projects/ws", bearer(person))


def caller(portal: Portal, person: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=portal.url, headers=bearer(person), timeout=30)


async def new_task(portal: Portal, person: str = "dev", project: UUID = FIRST_PROJECT) -> str:
    async with caller(portal, person) as http:
        answer = await http.post(f"/api/projects/{project}/tasks", json={"title": "Paint the hall"})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def new_issue(portal: Portal, person: str) -> str:
    async with caller(portal, person) as http:
        (room,) = (await http.get("/api/rooms")).raise_for_status().json()["items"]
        answer = await http.post(f"/api/rooms/{room['id']}/issues", json={"kind": "issue", "title": "A leak"})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def hears(socket: Socket, kind: str, id_: str, project: UUID = FIRST_PROJECT) -> None:
    """The very next word is of this change."""
    assert await socket.next() == ("changed", {"project_id": str(project), "kind": kind, "id": id_})


async def hears_after(socket: Socket, id_: str) -> None:
    """A word of this change comes, whatever comes before it."""
    await socket.until("changed", id=id_)


async def end_listeners(world: World) -> None:
    """As when Postgres ends the connections on which portals listen."""
    statement = (
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name = 'client-portal listener'"
    )

    async def are_ended() -> bool:
        return bool(await world.value(statement))

    await until(are_ended)


@pytest_asyncio.fixture
async def second_client(world: World) -> str:
    """The other project's client, of the first one too."""
    await world.act(add_member, FIRST_PROJECT, PEOPLE["client2"], MemberRole.CLIENT)
    return "client2"


async def test_everybody_of_a_project_hears_of_its_tasks(pair: Pair, second_client: str):
    portal = pair.one
    people = ("client", second_client, "dev", "pm", "admin")
    sockets = [project_socket(portal, person) for person in people]
    async with sockets[0] as one, sockets[1] as two, sockets[2] as three, sockets[3] as four, sockets[4] as five:
        everybody = (one, two, three, four, five)
        for socket in everybody:
            assert await socket.next() == ("ready", {"project_id": str(FIRST_PROJECT)})
        task = await new_task(portal)
        for socket in everybody:
            await hears(socket, "task", task)
        async with caller(portal, "pm") as http:
            assert (await http.patch(f"/api/tasks/{task}", json={"status": "done"})).status_code == 200
        for socket in everybody:
            await hears(socket, "task", task)
        async with caller(portal, "dev") as http:
            assert (await http.delete(f"/api/tasks/{task}")).status_code == 204
        for socket in everybody:
            await hears(socket, "task", task)


async def test_a_client_hears_of_their_own_room_and_never_of_another_clients(pair: Pair, second_client: str):
    portal = pair.one
    async with (
        project_socket(portal, "client") as client,
        project_socket(portal, second_client) as other,
        project_socket(portal, "dev") as dev,
    ):
        for socket in (client, other, dev):
            await socket.until("ready")
        issue = await new_issue(portal, "client")
        await hears(client, "issue", issue)
        await hears(dev, "issue", issue)
        task = await new_task(portal)
        # What comes next is the task: of the issue there was no word.
        await hears(other, "task", task)


async def test_a_client_hears_of_the_approvals_asked_of_them_alone(pair: Pair, second_client: str):
    portal = pair.one
    task = await new_task(portal)
    async with (
        project_socket(portal, "client") as client,
        project_socket(portal, second_client) as other,
        project_socket(portal, "pm") as pm,
    ):
        for socket in (client, other, pm):
            await socket.until("ready")
        async with caller(portal, "dev") as http:
            body = {"client_id": str(PEOPLE["client"])}
            approval = (await http.post(f"/api/tasks/{task}/approvals", json=body)).raise_for_status().json()["id"]
        await hears(client, "approval", approval)
        await hears(pm, "approval", approval)
        async with caller(portal, "client") as http:
            body = {"decision": "approved"}
            answer = await http.post(f"/api/approvals/{approval}/decision", json=body)
            assert answer.status_code == 200, answer.text
        await pm.until("changed", kind="approval", id=approval)
        later = await new_task(portal)
        await hears(other, "task", later)


async def test_nobody_hears_of_another_project(pair: Pair):
    portal = pair.one
    async with project_socket(portal, "client") as client, project_socket(portal, "admin") as admin:
        await client.until("ready")
        await admin.until("ready")
        await new_task(portal, "dev2", SECOND_PROJECT)
        own = await new_task(portal)
        await hears(client, "task", own)
        await hears(admin, "task", own)


async def test_changes_cross_processes(pair: Pair):
    one, other = pair.one, pair.other
    async with project_socket(one, "client") as client, list_socket(other, "pm") as pm:
        await client.until("ready")
        await pm.until("ready")
        here = await new_task(other)
        await hears(client, "task", here)
        await hears(pm, "task", here)
        there = await new_task(one)
        await hears(client, "task", there)
        await hears(pm, "task", there)


async def test_what_is_rolled_back_is_not_heard_of(pair: Pair, world: World):
    portal = pair.one

    async def tell(kind: Changed, id_: UUID, *, fails: bool) -> None:
        async with one_transaction(world.url) as transaction:
            transaction.signals.append(changed(kind, id_, FIRST_PROJECT))
            if fails:
                raise LookupError

    async with project_socket(portal, "client") as client:
        await client.until("ready")
        try:
            await tell(Changed.TASK, uuid4(), fails=True)
        except LookupError:
            kept = uuid4()
            await tell(Changed.TASK, kept, fails=False)
            await hears(client, "task", str(kept))


class TestTheList:
    async def test_hears_of_tasks_in_own_projects_and_of_nothing_else(self, pair: Pair):
        portal = pair.one
        async with list_socket(portal, "dev") as dev, list_socket(portal, "admin") as admin:
            assert await dev.next() == ("ready", {})
            await admin.until("ready")
            await new_issue(portal, "client")
            elsewhere = await new_task(portal, "dev2", SECOND_PROJECT)
            own = await new_task(portal)
            await hears(dev, "task", own)
            await hears(admin, "task", elsewhere, SECOND_PROJECT)
            await hears(admin, "task", own)

    async def test_begins_anew_with_another_part_in_a_project(self, pair: Pair, world: World):
        one, other = pair.one, pair.other
        async with list_socket(one, "dev") as here, list_socket(other, "dev") as there, list_socket(one, "pm") as pm:
            for socket in (here, there, pm):
                await socket.until("ready")
            await world.act(add_member, SECOND_PROJECT, PEOPLE["dev"], MemberRole.DEVELOPER)
            for socket in (here, there):
                assert await socket.until("bye", seconds=2) == {"reason": "access_changed"}
                await socket.closed(2)
            task = await new_task(one)
            await hears(pm, "task", task)
        async with list_socket(other, "dev") as again:
            await again.until("ready")
            await hears_after(again, await new_task(one, "dev2", SECOND_PROJECT))

    async def test_after_a_gap_it_begins_anew_without_a_project_that_was_lost_in_it(self, pair: Pair, world: World):
        portal = pair.one
        async with list_socket(portal, "dev") as dev, list_socket(portal, "pm") as pm:
            await dev.until("ready")
            await pm.until("ready")
            # No word of it reaches anybody.
            await world.execute("DELETE FROM client_portal.project_members WHERE user_id = $1", PEOPLE["dev"])
            await end_listeners(world)
            assert await dev.until("bye") == {"reason": "access_changed"}
            await dev.closed(2)
            await pm.until("reset")
            await hears_after(pm, await new_task(portal, "pm"))

    async def test_begins_anew_when_a_part_changes_while_it_opens(
        self, app: FastAPI, world: World, monkeypatch: pytest.MonkeyPatch
    ):
        read = queries.own_projects

        async def read_before_the_change(*arguments: Any) -> list[UUID]:
            found = await read(*arguments)
            await world.execute("DELETE FROM client_portal.project_members WHERE user_id = $1", PEOPLE["dev"])
            return found

        monkeypatch.setattr(queries, "own_projects", read_before_the_change)
        status, first = await handshake(app, "/api/projects/ws", bearer("dev"))
        assert (status, json.loads(first)) == (101, {"event": "bye", "data": {"reason": "access_changed"}})


class TestEndings:
    async def test_access_that_is_gone_ends_the_socket_in_every_process(self, pair: Pair, world: World):
        one, other = pair.one, pair.other
        async with (
            project_socket(one, "client") as here,
            project_socket(other, "client") as there,
            project_socket(one, "dev") as dev,
        ):
            for socket in (here, there, dev):
                await socket.until("ready")
            await world.act(remove_member, FIRST_PROJECT, PEOPLE["client"])
            for socket in (here, there):
                assert await socket.until("bye", seconds=2) == {"reason": "access_gone"}
                await socket.closed(2)
            await hears_after(dev, await new_task(one))
        assert (await refusal(f"{one.url}/api/projects/{FIRST_PROJECT}/ws", bearer("client")))[0] == 404

    async def test_a_part_that_leaves_the_project_in_reach_ends_nothing(self, pair: Pair, world: World):
        portal = pair.one
        async with project_socket(portal, "pm") as pm:
            await pm.until("ready")
            await world.act(add_member, FIRST_PROJECT, PEOPLE["pm"], MemberRole.DEVELOPER)
            await pm.until("reset", seconds=2)
            await hears_after(pm, await new_task(portal))

    async def test_a_sign_out_ends_the_sockets_of_that_sign_in(self, pair: Pair, world: World):
        portal = pair.one
        token = await world.open_session("dev")
        headers = {"Authorization": f"Bearer {token}"}
        async with (
            open_socket(f"{portal.url}/api/projects/{FIRST_PROJECT}/ws", headers) as page,
            open_socket(f"{portal.url}/api/projects/ws", headers) as projects,
        ):
            await page.until("ready")
            await projects.until("ready")
            async with httpx.AsyncClient(base_url=portal.url, headers=headers, timeout=30) as http:
                assert (await http.post("/api/auth/logout")).status_code == 204
            for socket in (page, projects):
                assert (await socket.until("bye", seconds=2))["reason"] == "signed_out"

    async def test_after_the_listener_lost_its_connection_pages_are_told_to_read_anew(self, pair: Pair, world: World):
        portal = pair.one
        async with project_socket(portal, "client") as client, list_socket(portal, "dev") as dev:
            await client.until("ready")
            await dev.until("ready")
            await end_listeners(world)
            await client.until("reset")
            await dev.until("reset")
            task = await new_task(portal)
            await hears_after(client, task)
            await hears_after(dev, task)


async def test_refusals_have_the_status_and_body_that_requests_get(pair: Pair):
    portal = pair.one
    path = f"{portal.url}/api/projects/{FIRST_PROJECT}/ws"
    assert (await refusal(path))[0] == 401
    assert (await refusal(f"{portal.url}/api/projects/ws"))[0] == 401
    foreign, never = (
        await refusal(path, bearer("client2")),
        await refusal(path.replace(str(FIRST_PROJECT), str(uuid4())), bearer("client2")),
    )
    assert foreign == never
    assert foreign[0] == 404
    assert (await refusal(path, bearer("client") | {"Origin": "https://evil.example"}))[0] == 403
    assert (await refusal(path.replace(str(FIRST_PROJECT), "no-project"), bearer("client")))[0] == 422
