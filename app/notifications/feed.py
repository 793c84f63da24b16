"""Turns signals into the frames of people's streams: one statement for all that came in while the last one ran."""

import asyncio
import random
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from pydantic import TypeAdapter

from app.core.database import Database
from app.core.types import HostId
from app.notifications import queries
from app.notifications.items import NotificationItem
from app.notifications.queries import News
from app.realtime.broker import Broker
from app.realtime.hub import Frame, Hub

log = structlog.get_logger(__name__)

_RETRY_SECONDS = 0.5


def user_topic(user_id: HostId | str) -> str:
    """The topic of everything that concerns one person."""
    return f"user:{user_id}"


def session_topic(session_id: UUID | str) -> str:
    """The topic of one sign-in of a person."""
    return f"session:{session_id}"


class NotificationFeed:
    """Hears of new and read notifications; reads items and counts after the commit; publishes frames.

    Counts are absolute and of the same moment as their items. Signals keep their order.
    """

    def __init__(self, database: Database, broker: Broker, hub: Hub) -> None:
        self._database = database
        self._hub = hub
        self._pending: list[tuple[str, dict[str, Any]]] = []
        self._arrived = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        for kind in _FRAMES:
            broker.on(kind, partial(self._queue, kind))
        broker.on("reach", lambda content: hub.publish(user_topic(content["user"]), Frame("reset", {})))
        broker.on("session_ended", lambda content: hub.publish(session_topic(content["session"]), _SIGNED_OUT))
        broker.on("sessions_ended", self._end_sessions)
        broker.on_gap(lambda: hub.publish_all(Frame("reset", {})))

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="notification feed")

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _queue(self, kind: str, content: dict[str, Any]) -> None:
        if self._hub.has(user_topic(content["user"])):
            self._pending.append((kind, content))
            self._arrived.set()

    def _end_sessions(self, content: dict[str, Any]) -> None:
        kept = session_topic(content["kept"]) if content["kept"] else None
        self._hub.publish(user_topic(content["user"]), _SIGNED_OUT, except_topic=kept)

    async def _run(self) -> None:
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            batch, self._pending = self._pending, []
            try:
                await self._publish(batch)
            except Exception as error:
                # Nobody may be left with an old count: let them read anew once the database answers again.
                log.warning("feed_interrupted", error=repr(error))
                await asyncio.sleep(_RETRY_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311
                for user in {content["user"] for _, content in batch}:
                    self._hub.publish(user_topic(user), Frame("reset", {}))

    async def _publish(self, batch: list[tuple[str, dict[str, Any]]]) -> None:
        recipients = list({UUID(content["user"]) for _, content in batch})
        ids = [UUID(content["id"]) for kind, content in batch if kind == "notification"]
        async with self._database.reading() as connection:
            news = await queries.news(connection, recipients, ids)
        for kind, content in batch:
            frame = _FRAMES[kind](content, news[UUID(content["user"])])
            if frame is not None:
                self._hub.publish(user_topic(content["user"]), frame)


def _notification_frame(content: dict[str, Any], news: News) -> Frame | None:
    item = news.items.get(UUID(content["id"]))
    if item is None:
        return None
    return Frame("notification", {"item": _WIRE.dump_python(item, mode="json"), "unread_count": news.unread_count})


def _read_frame(content: dict[str, Any], news: News) -> Frame:
    if "all" in content and news.unread_count:
        # Something came while all was being marked: whoever has it already could not tell that it is still unread.
        return Frame("reset", {})
    which = {key: content[key] for key in ("ids", "all") if key in content}
    return Frame("read", which | {"unread_count": news.unread_count})


_WIRE = TypeAdapter(NotificationItem)
_FRAMES = {"notification": _notification_frame, "read": _read_frame}
_SIGNED_OUT = Frame.bye("signed_out")
