"""People who work on a project's tasks, and its clients who are asked about them, by HTTP."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from app.dev.demo import FIRST_PROJECT
from tests.running import is_problem
from tests.world import PEOPLE

OF_PROJECT = f"/api/projects/{FIRST_PROJECT}/tasks"


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """The status and slug of a refusal."""
    assert is_problem(answer), answer.text
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")


def named(answer: httpx.Response) -> list[list[str]]:
    """What a 422 finds fault with."""
    assert refusal(answer) == (422, "invalid")
    return [each["loc"] for each in answer.json()["errors"]]


@dataclass(frozen=True)
class Board:
    """The first project's tasks, and whoever is asked to do something about them."""

    as_person: Callable[..., httpx.AsyncClient]

    async def post(self, person: str, **content: Any) -> httpx.Response:
        return await self.as_person(person).post(OF_PROJECT, json={"title": "Paint the door"} | content)

    async def adds(self, person: str = "dev", **content: Any) -> dict[str, Any]:
        """The task, once it is there."""
        return _done(await self.post(person, **content), 201)

    async def patch(
        self, person: str, task: dict[str, Any], *, seen: int | None = None, **changes: Any
    ) -> httpx.Response:
        headers = {} if seen is None else {"If-Match": f'"{seen}"'}
        return await self.as_person(person).patch(f"/api/tasks/{task['id']}", json=changes, headers=headers)

    async def changes(self, person: str, task: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """The task, once it is changed."""
        return _done(await self.patch(person, task, **changes), 200)

    async def delete(self, person: str, task: dict[str, Any]) -> httpx.Response:
        return await self.as_person(person).delete(f"/api/tasks/{task['id']}")

    async def get(self, person: str, task: dict[str, Any]) -> httpx.Response:
        return await self.as_person(person).get(f"/api/tasks/{task['id']}")

    async def shown(self, person: str, task: dict[str, Any]) -> dict[str, Any]:
        """The task as this person sees it."""
        return _done(await self.get(person, task), 200)

    async def page(self, person: str, **query: Any) -> dict[str, Any]:
        return _done(await self.as_person(person).get(OF_PROJECT, params=query), 200)

    async def titles(self, person: str = "dev", **query: Any) -> list[str]:
        return [each["title"] for each in (await self.page(person, limit=100, **query))["items"]]

    async def request(
        self, person: str, task: dict[str, Any], client: str = "client", **content: Any
    ) -> httpx.Response:
        asked = {"client_id": str(PEOPLE[client])} | content
        return await self.as_person(person).post(f"/api/tasks/{task['id']}/approvals", json=asked)

    async def asks(self, person: str, task: dict[str, Any], client: str = "client", **content: Any) -> dict[str, Any]:
        """The request, once it is made."""
        return _done(await self.request(person, task, client, **content), 201)

    async def decide(self, person: str, approval: dict[str, Any], decision: str, **more: Any) -> httpx.Response:
        said = {"decision": decision} | more
        return await self.as_person(person).post(f"/api/approvals/{approval['id']}/decision", json=said)

    async def approves(self, person: str, approval: dict[str, Any], **more: Any) -> dict[str, Any]:
        """The request, once it is approved."""
        return _done(await self.decide(person, approval, "approved", **more), 200)

    async def request_as_seen(self, person: str, approval: dict[str, Any]) -> httpx.Response:
        return await self.as_person(person).get(f"/api/approvals/{approval['id']}")

    async def state(self, approval: dict[str, Any], person: str = "dev") -> str:
        return str(_done(await self.request_as_seen(person, approval), 200)["state"])

    async def told(self) -> dict[str, list[str]]:
        """What everybody has been told so far, oldest first; who has been told nothing is left out."""
        return {person: types for person in PEOPLE if (types := [each["type"] for each in await self.bell(person)])}

    async def bell(self, person: str) -> list[dict[str, Any]]:
        """This person's notifications, oldest first."""
        answer = await self.as_person(person).get("/api/notifications", params={"limit": 100})
        return list(reversed(_done(answer, 200)["items"]))


def _done(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    return dict(answer.json())
