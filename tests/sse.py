"""A reader of server-sent events: over a real socket, or straight from an application in this process."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from fastapi import FastAPI

PATH = "/api/notifications/stream"
PATIENCE = 20.0

Read = Callable[[], Awaitable[bytes]]


@dataclass(frozen=True)
class Event:
    """One named event with its JSON data."""

    name: str
    data: Any


@dataclass
class Stream:
    """What came back from a stream's address. ``read`` gives the next bytes of the body, none at its end."""

    status: int
    headers: dict[str, str]
    read: Read
    local_port: int = 0
    comments: int = 0
    retry: int | None = None
    text: bytes = b""
    _buffer: bytes = field(default=b"", repr=False)

    async def next(self, within: float = PATIENCE) -> Event | None:
        """The next event; None when the server ended the stream properly."""
        async with asyncio.timeout(within):
            while True:
                while b"\n\n" not in self._buffer:
                    chunk = await self.read()
                    if not chunk:
                        return None
                    self.text += chunk
                    self._buffer += chunk.replace(b"\r\n", b"\n")
                block, _, self._buffer = self._buffer.partition(b"\n\n")
                event = self._parse(block.decode())
                if event is not None:
                    return event

    async def until(self, name: str, within: float = PATIENCE) -> Event:
        """The next event of that name; others on the way to it are passed over."""
        async with asyncio.timeout(within):
            while True:
                event = await self.next(within)
                assert event is not None, f"the stream ended before a {name}"
                if event.name == name:
                    return event

    async def rest(self, within: float = PATIENCE) -> list[Event]:
        """Every event up to the end of the stream."""
        events = []
        async with asyncio.timeout(within):
            while (event := await self.next(within)) is not None:
                events.append(event)
        return events

    async def comment(self, within: float = PATIENCE) -> None:
        """Waits for one more comment line."""
        before = self.comments
        async with asyncio.timeout(within):
            while self.comments == before:
                chunk = await self.read()
                assert chunk, "the stream ended before a comment"
                self.text += chunk
                self._buffer += chunk.replace(b"\r\n", b"\n")
                while b"\n\n" in self._buffer:
                    block, _, self._buffer = self._buffer.partition(b"\n\n")
                    assert self._parse(block.decode()) is None

    async def body(self) -> Any:
        """The JSON of a refusal."""
        content = b""
        async with asyncio.timeout(PATIENCE):
            while chunk := await self.read():
                content += chunk
        return json.loads(content)

    def _parse(self, block: str) -> Event | None:
        fields: dict[str, str] = {}
        for line in block.split("\n"):
            name, _, value = line.partition(":")
            if not name:
                self.comments += 1
            else:
                fields[name] = value.removeprefix(" ")
        if "retry" in fields:
            self.retry = int(fields["retry"])
        assert fields.keys() <= {"event", "data", "retry"}, block
        return Event(fields["event"], json.loads(fields["data"])) if "data" in fields else None


@asynccontextmanager
async def open_stream(target: str | FastAPI, headers: Mapping[str, str], path: str = PATH) -> AsyncIterator[Stream]:
    """Opens a stream of a portal at an address, or of an application here; leaves it at the end of the block."""
    opened = _over_socket(target, headers, path) if isinstance(target, str) else _in_process(target, headers, path)
    async with opened as stream:
        yield stream


@asynccontextmanager
async def _over_socket(url: str, headers: Mapping[str, str], path: str) -> AsyncIterator[Stream]:
    place = urlsplit(url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    try:
        lines = [
            f"GET {path} HTTP/1.1",
            f"Host: {place.netloc}",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        writer.write("\r\n".join([*lines, "", ""]).encode())
        async with asyncio.timeout(PATIENCE):
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        answered = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:]) if name
        }
        read = _chunked(reader) if "chunked" in answered.get("transfer-encoding", "") else _sized(reader, answered)
        yield Stream(int(head[0].split()[1]), answered, read, writer.get_extra_info("sockname")[1])
    finally:
        writer.transport.abort()


def _chunked(reader: asyncio.StreamReader) -> Read:
    async def read() -> bytes:
        size = int((await reader.readuntil(b"\r\n")).strip(), 16)
        return (await reader.readexactly(size + 2))[:-2]

    return read


def _sized(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> Read:
    left = int(headers.get("content-length", 0))

    async def read() -> bytes:
        nonlocal left
        chunk = await reader.read(left)
        left -= len(chunk)
        return chunk

    return read


@asynccontextmanager
async def _in_process(app: FastAPI, headers: Mapping[str, str], path: str) -> AsyncIterator[Stream]:
    sent: asyncio.Queue[Any] = asyncio.Queue()
    gone = asyncio.Event()
    requests = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Any:
        if requests:
            return requests.pop()
        await gone.wait()
        return {"type": "http.disconnect"}

    async def read() -> bytes:
        while True:
            message = await sent.get()
            if message["body"] or not message.get("more_body", False):
                return bytes(message["body"])

    task = asyncio.create_task(_call(app, _scope(headers, path), receive, sent))
    try:
        async with asyncio.timeout(PATIENCE):
            start = await sent.get()
        answered = {name.decode(): value.decode() for name, value in start["headers"]}
        yield Stream(start["status"], answered, read)
    finally:
        gone.set()
        async with asyncio.timeout(PATIENCE):
            await task


async def _call(app: FastAPI, scope: dict[str, Any], receive: Any, sent: "asyncio.Queue[Any]") -> None:
    try:
        await app(scope, receive, sent.put)
    finally:
        await sent.put({"type": "http.response.start", "status": 0, "headers": [], "body": b""})


def _scope(headers: Mapping[str, str], path: str) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [
            (name.lower().encode(), value.encode()) for name, value in {"host": "portal.test", **headers}.items()
        ],
        "client": ("127.0.0.1", 12345),
        "server": ("portal.test", 80),
        "state": {},
    }
