"""People who handle files in a room, by HTTP."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from app.files.sweeper import Sweeper
from tests.world import PEOPLE, World

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n" + bytes(range(256)) * 20


@dataclass(frozen=True)
class Desk:
    """One room, and whoever is asked to do something with its files."""

    room: str
    world: World
    as_person: Callable[..., httpx.AsyncClient]
    app: FastAPI | None = None

    @property
    def sweeper(self) -> Sweeper:
        assert self.app is not None
        sweeper: Sweeper = self.app.state.sweeper
        return sweeper

    @property
    def address(self) -> str:
        return f"/api/rooms/{self.room}/files"

    async def upload(
        self, person: str, content: bytes = PDF, *, name: str = "plan.pdf", said: str = "text/html", **query: Any
    ) -> httpx.Response:
        """Sends a file; of its type something else is said than what it is."""
        return await self.as_person(person).post(self.address, params=query, files={"file": (name, content, said)})

    async def has(self, person: str, content: bytes = PDF, **more: Any) -> dict[str, Any]:
        """The file, once it is there."""
        answer = await self.upload(person, content, **more)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def send(self, person: str, body: bytes | AsyncIterator[bytes], **headers: str) -> httpx.Response:
        """Sends a body as it is."""
        return await self.as_person(person).post(self.address, content=body, headers=_named(headers))

    async def get(self, person: str, file: dict[str, Any], of: str = "", **headers: str) -> httpx.Response:
        return await self.as_person(person).get(f"/api/files/{file['id']}{of}", headers=_named(headers))

    async def names(self, person: str, **query: Any) -> list[str]:
        answer = await self.as_person(person).get(self.address, params=query)
        assert answer.status_code == 200, answer.text
        return [each["name"] for each in answer.json()["items"]]

    async def bell(self, person: str) -> list[dict[str, Any]]:
        return list((await self.as_person(person).get("/api/notifications")).json()["items"])

    def stored(self) -> list[Path]:
        """The files that bytes are in."""
        return sorted(path for path in self.world.files.rglob("*") if path.is_file())

    async def rows(self) -> int:
        return int(await self.world.value("SELECT count(*) FROM client_portal.files"))

    async def begins(self, person: str, key: str, size: int = 1) -> None:
        """Somebody's upload is under way, as far as the database knows."""
        await self.world.execute(
            "INSERT INTO client_portal.file_uploads (key, room_id, uploader_id, size) VALUES ($1, $2, $3, $4)",
            key,
            self.room,
            PEOPLE[person],
            size,
        )

    async def under_way(self) -> int:
        return int(await self.world.value("SELECT count(*) FROM client_portal.file_uploads"))

    async def silent_for(self, time: str) -> None:
        """Nothing is heard of uploads for so long."""
        await self.world.execute(
            "UPDATE client_portal.file_uploads SET touched_at = clock_timestamp() - CAST($1 AS text)::interval", time
        )

    async def room_size(self) -> int:
        return int(await self.world.value("SELECT files_size FROM client_portal.rooms WHERE id = $1", self.room))


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
