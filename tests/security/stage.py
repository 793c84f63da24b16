"""Real portals, and somebody in front of them who keeps every byte that comes back."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests import sse
from tests.running import until
from tests.security.cast import Cast

OTHER_ORIGIN = "https://host.example"
"""The host app's pages: ALLOWED_ORIGINS names them."""


@dataclass
class Stage:
    """Two processes that serve one world."""

    cast: Cast
    urls: tuple[str, str]

    @asynccontextmanager
    async def witness(self, person: str, *, portal: int = 0) -> AsyncIterator["Witness"]:
        """Somebody who asks one of the portals, and keeps what came back."""
        headers = await self.cast.headers(person)
        async with AsyncExitStack() as stack:
            witness = Witness(person, self.urls[portal], headers, stack)
            await stack.enter_async_context(witness.http)
            yield witness


@dataclass
class Witness:
    """One caller, and every byte that they were sent: by where it came from."""

    person: str
    url: str
    headers: Mapping[str, str]
    stack: AsyncExitStack
    seen: list[tuple[str, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.http = httpx.AsyncClient(
            base_url=self.url, headers=self.headers, timeout=30, event_hooks={"response": [self._keep]}
        )

    def has_seen(self, content: str, where: str = "") -> bool:
        return any(content.encode() in text for place, text in self.seen if where in place)

    def text_of(self, where: str) -> str:
        """All that came from there."""
        return b"".join(text for place, text in self.seen if place == where).decode()

    async def sees(self, content: str, where: str = "") -> None:
        """Waits until it has come."""
        await until(lambda: self.has_seen(content, where))

    async def open_stream(self) -> None:
        """Keeps the stream of notifications, or its refusal, until the block of this witness ends."""
        stream = await self.stack.enter_async_context(sse.open_stream(self.url, self.headers))
        place = f"SSE {sse.PATH}"
        self.seen.append((place, str(stream.headers).encode()))
        self._follow(self._read_stream(place, stream))

    async def open_socket(self, path: str) -> ClientConnection | None:
        """Keeps a socket open until the block of this witness ends; None when it is refused."""
        address = self.url.replace("http", "ws", 1) + path
        try:
            connection = await self.stack.enter_async_context(
                connect(address, additional_headers=dict(self.headers), proxy=None, open_timeout=30)
            )
        except InvalidStatus as refused:
            self.seen.append((f"WS {path}", bytes(refused.response.body or b"") + _head(refused.response.headers)))
            return None
        assert connection.response is not None
        self.seen.append((f"WS {path}", _head(connection.response.headers)))
        self._follow(self._read_socket(f"WS {path}", connection))
        return connection

    def _follow(self, reading: Any) -> None:
        task = asyncio.create_task(reading)

        async def end() -> None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

        self.stack.push_async_callback(end)

    async def _read_stream(self, place: str, stream: sse.Stream) -> None:
        while chunk := await stream.read():
            self.seen.append((place, chunk))

    async def _read_socket(self, place: str, connection: ClientConnection) -> None:
        with suppress(ConnectionClosed):
            async for text in connection:
                self.seen.append((place, text.encode() if isinstance(text, str) else text))

    async def _keep(self, answer: httpx.Response) -> None:
        await answer.aread()
        head = b"\n".join(name + b": " + value for name, value in answer.headers.raw)
        place = f"{answer.request.method} {answer.request.url.raw_path.decode()} {answer.status_code}"
        self.seen.append((place, head + b"\n\n" + answer.content))


def _head(headers: Headers) -> bytes:
    return str(headers).encode()


async def talk(actor: Witness, team: Sequence[Witness], room: object) -> list[str]:
    """A lively hour in a room: its people come, type, write, read and go. Answers what was written, in order."""
    path = f"/api/rooms/{room}/ws"
    said = []
    people = (actor, *team)
    async with AsyncExitStack() as leaving:
        for each in people:
            own, each.stack = each.stack, leaving
            connection = await each.open_socket(path)
            each.stack = own
            assert connection is not None
            await each.sees('"ready"', path)
            await connection.send(json.dumps({"event": "typing", "data": {}}))
        await actor.sees('"typing"', path)
        for each in people:
            body = f"Message {uuid4()}"
            said.append(body)
            answer = await each.http.post(f"/api/rooms/{room}/messages", json={"body": body})
            assert answer.status_code == 201
            mark = {"up_to": answer.json()["number"]}
            for reader in people:
                assert (await reader.http.post(f"/api/rooms/{room}/read", json=mark)).status_code == 204
        for each in people:
            await asyncio.gather(*(each.sees(body, path) for body in said))
    return said
