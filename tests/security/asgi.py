"""What is asked of an application in this process byte by byte: a WebSocket's handshake, an upload's beginning."""

import asyncio
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI

_PATIENCE = 20.0


async def handshake(app: FastAPI, path: str, headers: Mapping[str, str]) -> tuple[int, bytes]:
    """Opens a socket and leaves at once: 101 and its first frame, or the status and body with which it is refused."""
    sent: asyncio.Queue[Any] = asyncio.Queue()
    gone = asyncio.Event()
    greetings = [{"type": "websocket.connect"}]

    async def receive() -> Any:
        if greetings:
            return greetings.pop()
        await gone.wait()
        return {"type": "websocket.disconnect", "code": 1001}

    task = asyncio.create_task(app(_scope(path, headers), receive, sent.put))
    try:
        async with asyncio.timeout(_PATIENCE):
            begin, content = await sent.get(), await sent.get()
        if begin["type"] == "websocket.accept":
            return 101, content["text"].encode()
        return begin["status"], content.get("body", b"")
    finally:
        gone.set()
        async with asyncio.timeout(_PATIENCE):
            await task


async def answer_before_body(app: FastAPI, path: str, headers: Mapping[str, str]) -> int:
    """The status with which an upload is answered that does not send its body; fails if that is waited for."""
    sent: asyncio.Queue[Any] = asyncio.Queue()

    async def receive() -> Any:
        await asyncio.Event().wait()

    scope = _scope(path, headers) | {"type": "http", "method": "POST", "scheme": "http"}
    task = asyncio.create_task(app(scope, receive, sent.put))
    try:
        async with asyncio.timeout(_PATIENCE):
            return int((await sent.get())["status"])
    finally:
        task.cancel()
        await asyncio.wait([task])


def _scope(path: str, headers: Mapping[str, str]) -> dict[str, Any]:
    return {
        "type": "websocket",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "ws",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [
            (name.lower().encode(), value.encode()) for name, value in {"host": "portal.test", **headers}.items()
        ],
        "client": ("127.0.0.1", 12345),
        "server": ("portal.test", 80),
        "subprotocols": [],
        "state": {},
        "extensions": {"websocket.http.response": {}},
    }
