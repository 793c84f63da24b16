"""Server-sent events: a subscription as a response.

``sse-starlette`` encodes the frames; its response class runs four tasks a stream and so needs about twice the
memory of this one, which runs two.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress

import structlog
from sse_starlette import ServerSentEvent
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.core.errors import Unavailable
from app.core.problems import problem_response
from app.realtime.hub import Frame, Hub, Subscription, ends_with_token

log = structlog.get_logger(__name__)

_HEARTBEAT_SECONDS = 12.0
_HEARTBEAT = ServerSentEvent(comment="alive").encode()
_RETRY_MILLISECONDS = (1000, 5000)
_FLOODED = Unavailable("Too much happened while the stream was being opened; try again.", headers={"Retry-After": "1"})


class FrameStream(Response):
    """Follows topics of the hub: ``first``, then every frame, until the stream is ended from this side,
    its token's time (``expires_at``, Unix seconds) is over, its reader may not have it any more, or goes.
    """

    media_type = "text/event-stream"

    def __init__(
        self,
        hub: Hub,
        topics: Iterable[str],
        first: Callable[[], Awaitable[Frame]],
        *,
        expires_at: float,
        may_go_on: Callable[[], Awaitable[bool]],
    ) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        self._hub = hub
        self._topics = topics
        self._first = first
        self._expires_at = expires_at
        self._may_go_on = may_go_on

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        subscription = self._hub.subscribe(self._topics)
        watch = asyncio.create_task(_close_on_disconnect(receive, subscription))
        writer = asyncio.current_task()
        assert writer is not None
        try:
            # Read after subscribing: what happens in between comes as a frame as well, never not at all.
            first = await self._first()
            if subscription.is_dropped:
                await problem_response(_FLOODED)(scope, receive, send)
                return
            # A reader that stopped reading blocks the writer within send(): only a cancel gets it out.
            subscription.on_drop = writer.cancel
            await self._send_frames(send, subscription, first)
        except asyncio.CancelledError:
            if not subscription.is_dropped:
                raise
            log.info("stream_dropped", reason="slow")
        finally:
            watch.cancel()
            self._hub.unsubscribe(subscription)

    async def _send_frames(self, send: Send, subscription: Subscription, first: Frame) -> None:
        headers = [each for each in self.raw_headers if each[0] != b"content-length"]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await _send_chunk(send, _encode(first, retry=random.randint(*_RETRY_MILLISECONDS)))  # noqa: S311
        life = ends_with_token(subscription, self._expires_at)
        try:
            while True:
                try:
                    async with asyncio.timeout(_HEARTBEAT_SECONDS):
                        frame = await subscription.next()
                except TimeoutError:
                    await _send_chunk(send, _HEARTBEAT)
                    continue
                if frame is not None and frame.is_recheck and not await self._may_go_on():
                    await _send_chunk(send, _encode(Frame.bye("access_gone")))
                    break
                if frame is None:
                    break
                await _send_chunk(send, _encode(frame))
        finally:
            life.cancel()
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _close_on_disconnect(receive: Receive, subscription: Subscription) -> None:
    with suppress(asyncio.CancelledError):
        while (await receive())["type"] != "http.disconnect":
            pass
        subscription.close()


async def _send_chunk(send: Send, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})


def _encode(frame: Frame, *, retry: int | None = None) -> bytes:
    return ServerSentEvent(frame.json, event=frame.event, retry=retry, sep="\n").encode()
