"""A WebSocket as a browser or a program opens it, against a running portal."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

SECONDS = 30


class Socket:
    """Reads frames in order; each wait has an end."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def next(self, seconds: float = SECONDS) -> tuple[str, dict[str, Any]]:
        """The next frame: its event and data."""
        text = await asyncio.wait_for(self.connection.recv(), seconds)
        frame = json.loads(text)
        return frame["event"], frame["data"]

    async def until(self, event: str, seconds: float = SECONDS, **content: Any) -> dict[str, Any]:
        """The data of the next frame of this event that holds this content; others are passed over."""
        async with asyncio.timeout(seconds):
            while True:
                name, data = await self.next(seconds)
                if name == event and content.items() <= data.items():
                    return data

    async def say(self, event: str, **content: Any) -> None:
        await self.connection.send(json.dumps({"event": event, "data": content}))

    async def closed(self, seconds: float = SECONDS) -> int:
        """The code with which the other side closes; frames until then are passed over."""
        async with asyncio.timeout(seconds):
            try:
                while True:
                    await self.connection.recv()
            except ConnectionClosed:
                return int(self.connection.close_code or 0)


@asynccontextmanager
async def open_socket(url: str, headers: Mapping[str, str] | None = None, **options: Any) -> AsyncIterator[Socket]:
    """Opens ``url`` (of http or ws); raises ``InvalidStatus`` when it is refused."""
    address = url.replace("http", "ws", 1) if url.startswith("http") else url
    async with connect(address, additional_headers=headers, proxy=None, open_timeout=SECONDS, **options) as connection:
        yield Socket(connection)


async def refusal(url: str, headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
    """The status and body with which a socket is refused; 101 and nothing when it opens."""
    try:
        async with open_socket(url, headers):
            return 101, b""
    except InvalidStatus as error:
        return error.response.status_code, bytes(error.response.body or b"")
