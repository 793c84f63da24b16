"""People who raise issues in a client's room and work on them, by HTTP."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from app.dev.demo import FIRST_PROJECT


@dataclass(frozen=True)
class Desk:
    """One client's room, and whoever is asked to do something about its issues."""

    room: str
    as_person: Callable[..., httpx.AsyncClient]

    async def post(self, person: str, room: str | None = None, **content: Any) -> httpx.Response:
        content = {"kind": "issue", "title": "A leak"} | content
        return await self.as_person(person).post(f"/api/rooms/{room or self.room}/issues", json=content)

    async def raises(self, person: str = "client", **content: Any) -> dict[str, Any]:
        """The issue, once it is there."""
        answer = await self.post(person, **content)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def patch(
        self, person: str, issue: dict[str, Any], *, if_match: str | None = None, **changes: Any
    ) -> httpx.Response:
        headers = {} if if_match is None else {"If-Match": if_match}
        return await self.as_person(person).patch(f"/api/issues/{issue['id']}", json=changes, headers=headers)

    async def changes(self, person: str, issue: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """The issue, once it is changed."""
        answer = await self.patch(person, issue, **changes)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def get(self, person: str, issue: dict[str, Any]) -> httpx.Response:
        return await self.as_person(person).get(f"/api/issues/{issue['id']}")

    async def shown(self, person: str, issue: dict[str, Any]) -> dict[str, Any]:
        answer = await self.get(person, issue)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def page(self, person: str, address: str | None = None, **query: Any) -> dict[str, Any]:
        answer = await self.as_person(person).get(address or f"/api/rooms/{self.room}/issues", params=query)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def titles(self, person: str, address: str | None = None, **query: Any) -> list[str]:
        return [each["title"] for each in (await self.page(person, address, **query))["items"]]

    async def bell(self, person: str) -> int:
        """How many notifications of theirs are unread."""
        return int((await self.as_person(person).get("/api/notifications/unread_count")).json()["count"])


OF_PROJECT = f"/api/projects/{FIRST_PROJECT}/issues"
