"""WebSockets: a subscription as a socket. Frames are JSON text: ``{"event": ..., "data": {...}}``."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import ExitStack, suppress
from typing import Any

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send
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
        gone: str = "access_gone",
        hear: Hear | None = None,
        ended: Callable[[], None] | None = None,
    ) -> None:
        """``gone`` is the reason that is said when the reader may not go on."""
        self._hub = hub
        self._topics = topics
        self._first = first
        self._expires_at = expires_at
        self._may_go_on = may_go_on
        self._gone = gone
        self._hear = hear
        self._ended = ended

    async def serve(self, socket: WebSocket) -> None:
        """Accepts the socket, and leaves it to be served until one side ends it; raises a ``Problem`` before that.

        ``ended`` is called in any case once it is over.
        """
        with ExitStack() as ends:
            if self._ended is not None:
                ends.callback(self._ended)
            subscription = self._hub.subscribe(self._topics)
            ends.callback(self._hub.unsubscribe, subscription)
            ends.callback(ends_with_token(subscription, self._expires_at).cancel)
            # Read after subscribing: what happens in between comes as a frame as well, never not at all.
            first = await self._first()
            if subscription.is_dropped:
                raise Unavailable("Too much happened while the socket was being opened; try again.")
            await socket.accept()
            # Who has gone meanwhile need not be told.
            with suppress(WebSocketDisconnect, RuntimeError):
                await socket.send_text(first.as_text)
                if first.is_last:
                    await socket.close()
                    return
                talk = _Talk(subscription, self._may_go_on, self._gone, self._hear, ends.pop_all())
                socket.scope[_LEAVE].append(talk.go_on)


_LEAVE = "client_portal.leave"


class LongSockets:
    """Middleware, the outermost: serves open sockets after everything that let them in has returned.

    The frames of routing, dependencies and handlers are most of what an idle socket would hold.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return
        left: list[Callable[[Receive, Send], Awaitable[None]]] = []
        await self._app({**scope, _LEAVE: left}, receive, send)
        if left:
            await left.pop()(receive, send)


class _Talk:
    """An open socket: sends the frames of its subscription, and hears the other side."""

    __slots__ = ("_ends", "_gone", "_hear", "_may_go_on", "_subscription")

    def __init__(
        self,
        subscription: Subscription,
        may_go_on: Callable[[], Awaitable[bool]],
        gone: str,
        hear: Hear | None,
        ends: ExitStack,
    ) -> None:
        self._subscription = subscription
        self._may_go_on = may_go_on
        self._gone = gone
        self._hear = hear
        self._ends = ends

    async def go_on(self, receive: Receive, send: Send) -> None:
        """Until one side ends it."""
        subscription = self._subscription
        writer = asyncio.current_task()
        assert writer is not None
        # A reader that stopped reading blocks the writer within send(): only a cancel gets it out.
        subscription.on_drop = writer.cancel
        reader = asyncio.create_task(self._listen(receive))
        try:
            # Who has gone while something was being sent need not be told.
            with self._ends, suppress(OSError, RuntimeError, WebSocketDisconnect):
                if not subscription.is_dropped:
                    await self._send_frames(send)
        except asyncio.CancelledError:
            if not subscription.is_dropped:
                raise
            log.info("stream_dropped", reason="slow")
        finally:
            reader.cancel()

    async def _send_frames(self, send: Send) -> None:
        while (frame := await self._subscription.next()) is not None:
            if frame.is_recheck and not await self._may_go_on():
                frame = Frame.bye(self._gone)
            await send({"type": "websocket.send", "text": frame.as_text})
            if frame.is_last:
                self._subscription.close()
                code = _POLICY if frame.content["reason"] in _OUR_REFUSALS else _NORMAL
                await send({"type": "websocket.close", "code": code, "reason": ""})
                return
            del frame  # or it would stay until the next one comes

    async def _listen(self, receive: Receive) -> None:
        allowance = _Allowance()
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                self._subscription.close()
                return
            if not allowance.takes_one():
                self._subscription.push(Frame.bye("too_many_frames"))
                return
            spoken = _understood(message.get("text"))
            if spoken is None:
                self._subscription.push(Frame.bye("bad_frame"))
                return
            if self._hear is not None:
                self._hear(*spoken)
            del message, spoken


_OUR_REFUSALS = frozenset({"bad_frame", "too_many_frames"})


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
