"""Real portals, and somebody in front of them who keeps every byte that comes back."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

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
        """Keeps the stream of notifications open until the block of this witness ends."""
        stream = await self.stack.enter_async_context(sse.open_stream(self.url, self.headers))
        place = f"SSE {sse.PATH}"
        self.seen.append((place, f"{stream.status} {stream.headers}".encode()))
        assert stream.status == 200
        self._follow(self._read_stream(place, stream))

    async def open_socket(self, path: str) -> ClientConnection:
        """Keeps a socket open until the block of this witness ends."""
        address = self.url.replace("http", "ws", 1) + path
        connection = await self.stack.enter_async_context(
            connect(address, additional_headers=dict(self.headers), proxy=None)
        )
        assert connection.response is not None
        self.seen.append((f"WS {path}", str(connection.response.headers).encode()))
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
