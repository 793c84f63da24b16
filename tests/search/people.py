"""People of the demo's projects who search, and what there is to be found."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx

from app.dev.demo import FIRST_PROJECT
from tests.world import PEOPLE, World

START = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Searching:
    """The first project: its client's room, and whoever is asked to search in it."""

    world: World
    room: UUID
    as_person: Callable[..., httpx.AsyncClient]

    async def ask(self, person: str, q: str, project: object = FIRST_PROJECT, **query: Any) -> httpx.Response:
        return await self.as_person(person).get(f"/api/projects/{project}/search", params={"q": q, **query})

    async def page(self, person: str, q: str, **query: Any) -> dict[str, Any]:
        answer = await self.ask(person, q, **query)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def found(self, person: str, q: str, **query: Any) -> list[dict[str, Any]]:
        return list((await self.page(person, q, **query))["items"])

    async def texts(self, person: str, q: str, **query: Any) -> list[str]:
        """The titles and snippets of what is found, as plain text."""
        return [plain(each["snippet"]) or each["title"] for each in await self.found(person, q, **query)]

    async def says(self, person: str, *bodies: str, room: object = None) -> None:
        for body in bodies:
            answer = await self.as_person(person).post(f"/api/rooms/{room or self.room}/messages", json={"body": body})
            assert answer.status_code == 201, answer.text

    async def message(self, body: str, *, at: datetime = START, id_: UUID | None = None) -> UUID:
        """A message that was written at some time in the past."""
        return await self._insert(
            "WITH room AS (UPDATE client_portal.rooms SET last_number = last_number + 1 WHERE id = $2"
            " RETURNING last_number)"
            " INSERT INTO client_portal.messages (id, room_id, number, author_id, body, created_at)"
            " SELECT $1, $2, last_number, $3, $4, $5 FROM room",
            id_,
            self.room,
            PEOPLE["client"],
            body,
            at,
        )

    async def issue(self, title: str, body: str = "", *, at: datetime = START, id_: UUID | None = None) -> UUID:
        return await self._insert(
            "INSERT INTO client_portal.issues (id, room_id, author_id, kind, title, body, created_at)"
            " VALUES ($1, $2, $3, 'issue', $4, $5, $6)",
            id_,
            self.room,
            PEOPLE["client"],
            title,
            body,
            at,
        )

    async def task(self, title: str, body: str = "", *, at: datetime = START, id_: UUID | None = None) -> UUID:
        return await self._insert(
            "INSERT INTO client_portal.tasks (id, project_id, author_id, title, description, position, created_at)"
            " VALUES ($1, $2, $3, $4, $5, 1, $6)",
            id_,
            FIRST_PROJECT,
            PEOPLE["dev"],
            title,
            body,
            at,
        )

    async def file(self, name: str, *, at: datetime | None = START, id_: UUID | None = None) -> UUID:
        """A shared file; a draft of the client's without a time."""
        return await self._insert(
            "INSERT INTO client_portal.files (id, room_id, uploader_id, name, media_type, size, sha256, key, shared_at)"
            " VALUES ($1, $2, $3, $4, 'application/pdf', 1, '', gen_random_uuid()::text, $5)",
            id_,
            self.room,
            PEOPLE["client"],
            name,
            at,
        )

    async def one_of_each(self, word: str) -> None:
        """One of each kind, an hour apart: the message is the oldest."""
        await self.message(f"The message says {word}", at=START)
        await self.issue("An issue", f"Its body says {word}", at=START + timedelta(hours=1))
        await self.task(f"A task about {word}", at=START + timedelta(hours=2))
        await self.file(f"{word}.pdf", at=START + timedelta(hours=3))

    async def _insert(self, statement: str, id_: UUID | None, *values: Any) -> UUID:
        id_ = id_ or uuid4()
        await self.world.execute(statement, id_, *values)
        return id_


def plain(segments: list[dict[str, Any]]) -> str:
    return "".join(each["text"] for each in segments)


def matches(segments: list[dict[str, Any]]) -> list[str]:
    return [each["text"] for each in segments if each["is_match"]]
