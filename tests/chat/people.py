"""People who talk in a room, by HTTP."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx


@dataclass(frozen=True)
class Talk:
    """One room, and whoever is asked to do something in it."""

    room: str
    as_person: Callable[..., httpx.AsyncClient]

    async def post(self, person: str, body: str = "Hello", **more: Any) -> httpx.Response:
        content = {"body": body, **more}
        return await self.as_person(person).post(f"/api/rooms/{self.room}/messages", json=content)

    async def says(self, person: str, *bodies: str) -> list[dict[str, Any]]:
        """The messages, once they are written."""
        answers = [await self.post(person, body) for body in bodies]
        assert {answer.status_code for answer in answers} == {201}, answers[-1].text
        return [answer.json() for answer in answers]

    async def page(self, person: str, **query: Any) -> dict[str, Any]:
        answer = await self.as_person(person).get(f"/api/rooms/{self.room}/messages", params=query)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def numbers(self, person: str, **query: Any) -> list[int]:
        return [each["number"] for each in (await self.page(person, **query))["items"]]

    async def read(self, person: str, up_to: int) -> None:
        answer = await self.as_person(person).post(f"/api/rooms/{self.room}/read", json={"up_to": up_to})
        assert answer.status_code == 204, answer.text

    async def open(self, person: str) -> None:
        answer = await self.as_person(person).post(f"/api/rooms/{self.room}/opened")
        assert answer.status_code == 204, answer.text

    async def seen_by(self, person: str) -> dict[str, Any]:
        """The room as this person sees it."""
        answer = await self.as_person(person).get(f"/api/rooms/{self.room}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def unread(self, person: str) -> int:
        return int((await self.seen_by(person))["unread_count"])

    async def bell(self, person: str) -> int:
        """How many notifications of theirs are unread."""
        return int((await self.as_person(person).get("/api/notifications/unread_count")).json()["count"])
