"""Whose bells ring for what: those of the product's table, by the real routes, and nobody else's."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.projects.roles import MemberRole
from app.projects.service import add_member
from tests.running import caller_of
from tests.security.cast import PROJECTS, SIGNED_IN, Cast

FIRST = PROJECTS["first"]
TEAM = {"dev", "spare", "pm"}
CLIENTS = {"client", "neighbour"}
NOBODY: set[str] = set()


@dataclass
class Scene:
    """The first project: two clients, two developers, a manager; and the others, who are of no concern."""

    app: FastAPI
    cast: Cast
    stack: AsyncExitStack
    callers: dict[str, httpx.AsyncClient] = field(default_factory=dict)

    async def does(self, person: str, method: str, path: str, **sent: Any) -> dict[str, Any]:
        """What the answer holds; fails if it is refused."""
        answer = await (await self._caller(person)).request(method, path, **sent)
        assert answer.is_success, f"{method} {path} as {person}: {answer.status_code} {answer.text}"
        return dict(answer.json()) if answer.content else {}

    async def told(self) -> dict[str, set[tuple[str, str]]]:
        """Of each person: what types of things they were told, and where these open."""
        found = {}
        for person in sorted(SIGNED_IN | {"spare"}):
            items = (await self.does(person, "GET", "/api/notifications?limit=100"))["items"]
            found[person] = {(item["type"], item["route_path"]) for item in items}
        return found

    async def task(self, title: str = "Paint the door") -> str:
        return str((await self.does("pm", "POST", f"/api/projects/{FIRST}/tasks", json={"title": title}))["id"])

    async def approval(self, task: str) -> str:
        asked = {"client_id": str(self.cast.ids["client"]), "note": "As agreed"}
        return str((await self.does("dev", "POST", f"/api/tasks/{task}/approvals", json=asked))["id"])

    @property
    def room(self) -> str:
        return f"/api/rooms/{self.cast.rooms['client']}"

    async def _caller(self, person: str) -> httpx.AsyncClient:
        if person not in self.callers:
            headers = await self.cast.headers(person)
            self.callers[person] = await self.stack.enter_async_context(caller_of(self.app, headers=headers))
        return self.callers[person]


Act = Callable[[Scene, str], Awaitable[str]]
"""Somebody does something; answers the page that a notification of it opens."""


async def _writes(scene: Scene, person: str) -> str:
    message = await scene.does(person, "POST", f"{scene.room}/messages", json={"body": "Hello"})
    return f"/projects/{FIRST}/messages?focus={message['id']}"


async def _uploads(scene: Scene, person: str) -> str:
    file = await scene.does(person, "POST", f"{scene.room}/files", files={"file": ("plan.txt", b"A plan")})
    return f"/projects/{FIRST}/files?focus={file['id']}"


def _raises(kind: str) -> Act:
    async def raises(scene: Scene, person: str) -> str:
        issue = await scene.does(person, "POST", f"{scene.room}/issues", json={"kind": kind, "title": "A draught"})
        return f"/projects/{FIRST}/issues/{issue['id']}"

    return raises


async def _completes(scene: Scene, person: str) -> str:
    task = await scene.task()
    await scene.does(person, "PATCH", f"/api/tasks/{task}", json={"status": "done"})
    return f"/projects/{FIRST}/tasks?focus={task}"


async def _asks(scene: Scene, person: str) -> str:
    task = await scene.task()
    asked = {"client_id": str(scene.cast.ids["client"]), "note": "As agreed"}
    await scene.does(person, "POST", f"/api/tasks/{task}/approvals", json=asked)
    return f"/projects/{FIRST}/tasks?focus={task}"


def _decides(**decision: str) -> Act:
    async def decides(scene: Scene, person: str) -> str:
        task = await scene.task()
        approval = await scene.approval(task)
        await scene.does(person, "POST", f"/api/approvals/{approval}/decision", json=decision)
        return f"/projects/{FIRST}/tasks?focus={task}"

    return decides


RINGS: tuple[tuple[str, str, Act, set[str]], ...] = (
    ("message_posted", "client", _writes, TEAM),
    ("message_posted", "dev", _writes, {"client", "pm"}),
    ("message_posted", "pm", _writes, {"client"}),
    ("message_posted", "admin", _writes, {"client"}),
    ("file_uploaded", "client", _uploads, TEAM),
    ("file_uploaded", "dev", _uploads, {"client", "pm"}),
    ("file_uploaded", "pm", _uploads, {"client"}),
    ("file_uploaded", "admin", _uploads, {"client", "pm"}),
    ("issue_created", "client", _raises("issue"), TEAM),
    ("requirement_created", "client", _raises("requirement"), TEAM),
    ("task_completed", "dev", _completes, CLIENTS),
    ("task_completed", "pm", _completes, CLIENTS),
    ("approval_requested", "dev", _asks, {"client"}),
    ("approval_decided", "client", _decides(decision="approved"), {"dev", "pm"}),
    ("approval_decided", "client", _decides(decision="changes_requested", comment="Greener"), {"dev", "pm"}),
    ("approval_decided", "admin", _decides(decision="approved"), {"client", "dev", "pm"}),
)


@pytest.fixture
async def scene(app: FastAPI, cast: Cast):
    async with AsyncExitStack() as stack:
        yield Scene(app, cast, stack)


@pytest.mark.parametrize(("type_", "person", "act", "told"), RINGS, ids=[" by ".join(each[:2]) for each in RINGS])
async def test_those_of_the_table_are_told_and_nobody_else(scene: Scene, type_: str, person: str, act: Act, told):
    before = await scene.told()
    page = await act(scene, person)
    after = await scene.told()
    assert {each for each in after if (type_, page) in after[each] - before[each]} == told


async def test_a_managers_file_rings_for_the_other_managers(scene: Scene):
    await scene.cast.world.act(add_member, FIRST, scene.cast.ids["pm2"], MemberRole.MANAGER)
    before = await scene.told()
    page = await _uploads(scene, "pm")
    after = await scene.told()
    assert {each for each in after if ("file_uploaded", page) in after[each] - before[each]} == {"client", "pm2"}


async def _changes_a_status(scene: Scene) -> None:
    issue = await scene.does("client", "POST", f"{scene.room}/issues", json={"kind": "issue", "title": "A draught"})
    await scene.does("dev", "PATCH", f"/api/issues/{issue['id']}", json={"status": "in_progress"})


async def _plans(scene: Scene) -> None:
    first, second = await scene.task(), await scene.task("Hang the door")
    await scene.does("dev", "PATCH", f"/api/tasks/{second}", json={"title": "Hang it", "status": "in_progress"})
    await scene.does("dev", "PATCH", f"/api/tasks/{second}", json={"after_id": None})
    await scene.does("dev", "DELETE", f"/api/tasks/{first}")


async def _drafts(scene: Scene) -> None:
    sent = {"file": ("plan.txt", b"A plan")}
    file = await scene.does("client", "POST", f"{scene.room}/files?draft=true", files=sent)
    await scene.does("client", "DELETE", f"/api/files/{file['id']}")


@pytest.mark.parametrize(
    ("act", "rings"),
    [
        pytest.param(_changes_a_status, {"issue_created"}, id="a status"),
        pytest.param(_plans, NOBODY, id="plans"),
        pytest.param(_drafts, NOBODY, id="drafts"),
    ],
)
async def test_nothing_else_rings(scene: Scene, act: Callable[[Scene], Awaitable[None]], rings: set[str]):
    before = await scene.told()
    await act(scene)
    after = await scene.told()
    assert {type_ for each in after for type_, _ in after[each] - before[each]} == rings


async def test_a_file_of_a_message_rings_with_it_and_not_by_itself(scene: Scene):
    sent = {"file": ("plan.txt", b"A plan")}
    file = await scene.does("client", "POST", f"{scene.room}/files?draft=true", files=sent)
    before = await scene.told()
    content = {"body": "The plan", "file_ids": [file["id"]]}
    await scene.does("client", "POST", f"{scene.room}/messages", json=content)
    after = await scene.told()
    assert {each: {type_ for type_, _ in after[each] - before[each]} for each in ("dev", "pm", "client")} == {
        "dev": {"message_posted"},
        "pm": {"message_posted"},
        "client": set(),
    }
