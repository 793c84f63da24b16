"""WebSockets: a subscription as a socket. Frames are JSON text: ``{"event": ..., "data": {...}}``."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Any

import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect

from app.core.errors import Unavailable
from app.realtime.hub import Frame, Hub, Subscription, ends_with_token

log = structlog.get_logger(__name__)

Hear = Callable[[str, dict[str, Any]], None]
"""Takes what the other side says: an event and its data. It must not block."""

_BURST = 20.0
_FRAMES_PER_SECOND = 5.0
_NORMAL, _POLICY = 1000, 1008  # RFC 6455, 7.4.1


class FrameSocket:
    """Follows topics of the hub as ``FrameStream`` does, and hears what the other side says."""

    def __init__(
        self,
        hub: Hub,
        topics: Iterable[str],
        first: Callable[[], Awaitable[Frame]],
        *,
        expires_at: float,
        may_go_on: Callable[[], Awaitable[bool]],
        hear: Hear | None = None,
    ) -> None:
        self._hub = hub
        self._topics = topics
        self._first = first
        self._expires_at = expires_at
        self._may_go_on = may_go_on
        self._hear = hear

    async def serve(self, socket: WebSocket) -> None:
        """Accepts the socket and serves it until one side ends it; raises a ``Problem`` before that, or never."""
        subscription = self._hub.subscribe(self._topics)
        reader: asyncio.Task[None] | None = None
        writer = asyncio.current_task()
        assert writer is not None
        life = ends_with_token(subscription, self._expires_at)
        try:
            # Read after subscribing: what happens in between comes as a frame as well, never not at all.
            first = await self._first()
            if subscription.is_dropped:
                raise Unavailable("Too much happened while the socket was being opened; try again.")
            await socket.accept()
            # A reader that stopped reading blocks the writer within send(): only a cancel gets it out.
            subscription.on_drop = writer.cancel
            reader = asyncio.create_task(_listen(socket, subscription, self._hear))
            # Who has gone while something was being sent need not be told.
            with suppress(WebSocketDisconnect, RuntimeError):
                await self._send_frames(socket, subscription, first)
        except asyncio.CancelledError:
            if not subscription.is_dropped:
                raise
            log.info("stream_dropped", reason="slow")
        finally:
            life.cancel()
            if reader is not None:
                reader.cancel()
            self._hub.unsubscribe(subscription)

    async def _send_frames(self, socket: WebSocket, subscription: Subscription, first: Frame) -> None:
        await socket.send_text(first.as_text)
        while (frame := await subscription.next()) is not None:
            if frame.is_recheck and not await self._may_go_on():
                frame = Frame.bye("access_gone")
            await socket.send_text(frame.as_text)
            if frame.is_last:
                subscription.close()
                await socket.close(_POLICY if frame.content["reason"] in _OUR_REFUSALS else _NORMAL)
                return


_OUR_REFUSALS = frozenset({"bad_frame", "too_many_frames"})


async def _listen(socket: WebSocket, subscription: Subscription, hear: Hear | None) -> None:
    allowance = _Allowance()
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            subscription.close()
            return
        if not allowance.takes_one():
            subscription.push(Frame.bye("too_many_frames"))
            return
        spoken = _understood(message.get("text"))
        if spoken is None:
            subscription.push(Frame.bye("bad_frame"))
            return
        if hear is not None:
            hear(*spoken)


def _understood(text: str | None) -> tuple[str, dict[str, Any]] | None:
    """The event and its data; None for what is no frame."""
    try:
        frame = json.loads(text or "")
    except (ValueError, RecursionError):
        return None
    if not isinstance(frame, dict) or not isinstance(frame.get("event"), str):
        return None
    content = frame.get("data", {})
    return (frame["event"], content) if isinstance(content, dict) else None


class _Allowance:
    """How many frames the other side may send: a bucket that fills again with time."""

    __slots__ = ("_at", "_left")

    def __init__(self) -> None:
        self._left = _BURST
        self._at = time.monotonic()

    def takes_one(self) -> bool:
        now = time.monotonic()
        self._left = min(_BURST, self._left + (now - self._at) * _FRAMES_PER_SECOND) - 1
        self._at = now
        return self._left >= 0
