"""Turns signals into the frames of people's streams: one statement for all that came in while the last one ran."""

from functools import partial
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from app.core.database import Database
from app.core.types import HostId
from app.notifications import queries
from app.notifications.items import NotificationItem
from app.notifications.queries import News
from app.realtime.broker import Broker
from app.realtime.hub import Frame, Hub
from app.realtime.ticks import Ticks


def user_topic(user_id: HostId | str) -> str:
    """The topic of one person's notifications."""
    return f"user:{user_id}"


class NotificationFeed:
    """Hears of new and read notifications; reads items and counts after the commit; publishes frames.

    Counts are absolute and of the same moment as their items. Signals keep their order.
    """

    def __init__(self, database: Database, broker: Broker, hub: Hub) -> None:
        self._database = database
        self._hub = hub
        self._ticks = Ticks("notification feed", self._publish, self._tell_to_read_anew)
        for kind in _FRAMES:
            broker.on(kind, partial(self._queue, kind))
        broker.on("rooms", lambda content: hub.publish(user_topic(content["user"]), Frame.reset()))
        broker.on("reach", lambda content: hub.publish(user_topic(content["user"]), Frame.reset()))

    def start(self) -> None:
        self._ticks.start()

    def stop(self) -> None:
        self._ticks.stop()

    def _queue(self, kind: str, content: dict[str, Any]) -> None:
        if self._hub.has(user_topic(content["user"])):
            self._ticks.put((kind, content))

    def _tell_to_read_anew(self, batch: list[tuple[str, dict[str, Any]]]) -> None:
        """Nobody may be left with an old count."""
        for user in {content["user"] for _, content in batch}:
            self._hub.publish(user_topic(user), Frame.reset())

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
        return Frame.reset()
    which = {key: content[key] for key in ("ids", "all") if key in content}
    return Frame("read", which | {"unread_count": news.unread_count})


_WIRE = TypeAdapter(NotificationItem)
_FRAMES = {"notification": _notification_frame, "read": _read_frame}
