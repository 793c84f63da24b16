"""The first project with everybody in it, and what people do there by the real routes."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import httpx
from fastapi import FastAPI

from tests.running import caller_of
from tests.security.cast import PROJECTS, SIGNED_IN, Cast

FIRST = PROJECTS["first"]
TEAM = {"dev", "spare", "pm"}
CLIENTS = {"client", "neighbour"}


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


async def writes(scene: Scene, person: str) -> str:
    message = await scene.does(person, "POST", f"{scene.room}/messages", json={"body": "Hello"})
    return f"/projects/{FIRST}/messages?focus={message['id']}"


async def uploads(scene: Scene, person: str) -> str:
    file = await scene.does(person, "POST", f"{scene.room}/files", files={"file": ("plan.txt", b"A plan")})
    return f"/projects/{FIRST}/files?focus={file['id']}"


def raises(kind: str) -> Act:
    async def act(scene: Scene, person: str) -> str:
        issue = await scene.does(person, "POST", f"{scene.room}/issues", json={"kind": kind, "title": "A draught"})
        return f"/projects/{FIRST}/issues/{issue['id']}"

    return act


async def completes(scene: Scene, person: str) -> str:
    task = await scene.task()
    await scene.does(person, "PATCH", f"/api/tasks/{task}", json={"status": "done"})
    return f"/projects/{FIRST}/tasks?focus={task}"


async def asks(scene: Scene, person: str) -> str:
    task = await scene.task()
    asked = {"client_id": str(scene.cast.ids["client"]), "note": "As agreed"}
    await scene.does(person, "POST", f"/api/tasks/{task}/approvals", json=asked)
    return f"/projects/{FIRST}/tasks?focus={task}"


def decides(**decision: str) -> Act:
    async def act(scene: Scene, person: str) -> str:
        task = await scene.task()
        approval = await scene.approval(task)
        await scene.does(person, "POST", f"/api/approvals/{approval}/decision", json=decision)
        return f"/projects/{FIRST}/tasks?focus={task}"

    return act
