"""Fans frames out to the streams that are open in this process."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterable
from functools import cached_property
from typing import Any, TypedDict

from prometheus_client import CollectorRegistry, Counter, Gauge

QUEUE_LIMIT = 256


class Frame:
    """One event of a stream, encoded once however many streams it goes to.

    Before one with ``is_recheck`` goes out, the stream looks whether its reader may still have it.
    """

    def __init__(self, event: str, content: dict[str, Any], *, is_last: bool = False, is_recheck: bool = False) -> None:
        self.event = event
        self.content = content
        self.is_last = is_last
        self.is_recheck = is_recheck

    @cached_property
    def json(self) -> str:
        return json.dumps(self.content, separators=(",", ":"))

    @cached_property
    def as_text(self) -> str:
        """The whole frame as one JSON text, as sockets carry it."""
        return f'{{"event":{json.dumps(self.event)},"data":{self.json}}}'

    @classmethod
    def reset(cls, *, is_recheck: bool = False) -> "Frame":
        """Tells the reader to read everything anew."""
        return cls("reset", {}, is_recheck=is_recheck)

    @classmethod
    def bye(cls, reason: str) -> "Frame":
        """The last frame of a stream that the server ends on purpose."""
        return cls("bye", {"reason": reason}, is_last=True)


class Subscription:
    """The bounded queue of one open stream. A full one is dropped: its browser comes back and reads the truth."""

    __slots__ = ("_frames", "_waiter", "is_dropped", "is_ended", "on_drop", "topics")

    def __init__(self, topics: frozenset[str]) -> None:
        self.topics = topics
        self.is_ended = False
        self.is_dropped = False
        self.on_drop: Callable[[], object] | None = None
        self._frames: list[Frame] = []  # short, and an empty deque takes 700 bytes more
        self._waiter: asyncio.Future[None] | None = None

    def push(self, frame: Frame) -> None:
        if self.is_ended:
            return
        if len(self._frames) >= QUEUE_LIMIT:
            self.is_dropped = True
            self._end()
            if self.on_drop is not None:
                self.on_drop()
            return
        self._frames.append(frame)
        if frame.is_last:
            self._end()
        self._wake()

    async def next(self) -> Frame | None:
        """The next frame, or None when the stream is to end without another word."""
        while not self._frames:
            if self.is_ended:
                return None
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        return self._frames.pop(0)

    def close(self) -> None:
        """Ends the queue without a word, for when the other side has gone."""
        self._frames.clear()
        self._end()

    def _end(self) -> None:
        self.is_ended = True
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class Hub:
    """Topics and the streams that follow them, in this process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._by_topic: dict[str, set[Subscription]] = {}
        self._all: set[Subscription] = set()
        self._farewell: Frame | None = None
        self._open = Gauge("portal_streams_open", "Open streams", registry=registry, multiprocess_mode="livesum")
        self._dropped = Counter(
            "portal_streams_dropped", "Streams dropped because they read too slowly", registry=registry
        )
        self._frames = Counter("portal_frames", "Frames put into streams", registry=registry)

    def subscribe(self, topics: Iterable[str]) -> Subscription:
        subscription = Subscription(frozenset(topics))
        for topic in subscription.topics:
            self._by_topic.setdefault(topic, set()).add(subscription)
        self._all.add(subscription)
        self._open.inc()
        if self._farewell is not None:
            subscription.push(self._farewell)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        for topic in subscription.topics:
            followers = self._by_topic.get(topic, set())
            followers.discard(subscription)
            if not followers:
                self._by_topic.pop(topic, None)
        self._all.discard(subscription)
        self._open.dec()
        if subscription.is_dropped:
            self._dropped.inc()

    def has(self, topic: str) -> bool:
        """Whether anybody here follows the topic."""
        return topic in self._by_topic

    def publish(self, topic: str, frame: Frame, *, except_topic: str | None = None) -> None:
        """Puts the frame into every stream of the topic, but for those that follow ``except_topic`` too."""
        for subscription in tuple(self._by_topic.get(topic, ())):
            if except_topic not in subscription.topics:
                subscription.push(frame)
                self._frames.inc()

    def publish_all(self, frame: Frame) -> None:
        for subscription in tuple(self._all):
            subscription.push(frame)

    def close(self, reason: str) -> None:
        """Ends every stream, those opened from now on too."""
        self._farewell = Frame.bye(reason)
        self.publish_all(self._farewell)


class Ends(TypedDict):
    """When a stream is over: with its token (Unix seconds), or when its reader may not have it any more."""

    expires_at: float
    may_go_on: Callable[[], Awaitable[bool]]


_TOKEN_EXPIRED = Frame.bye("token_expired")
_LONGEST_LIFE_SECONDS = 24 * 3600.0


def ends_with_token(subscription: Subscription, expires_at: float) -> asyncio.TimerHandle:
    """Ends the stream when its token's time (Unix seconds) is over, and once a day anyway."""
    seconds = min(max(expires_at - time.time(), 0), _LONGEST_LIFE_SECONDS)
    return asyncio.get_running_loop().call_later(seconds, subscription.push, _TOKEN_EXPIRED)
