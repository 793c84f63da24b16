"""Turns signals into the frames of rooms' sockets: one statement for all messages of a tick."""

from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from app.chat import queries
from app.chat.schemas import Message
from app.chat.service import files_of, message_on_wire
from app.core.database import Database
from app.presence.board import PresenceBoard
from app.realtime.broker import Broker
from app.realtime.hub import Frame, Hub
from app.realtime.ticks import Ticks

_WIRE = TypeAdapter(Message)


def room_topic(room_id: UUID | str) -> str:
    """The topic of what happens in one room."""
    return f"room:{room_id}"


class RoomFeed:
    """Hears what happened in rooms, reads it after the commit, publishes frames. Signals of a room keep their order."""

    def __init__(self, database: Database, broker: Broker, hub: Hub, presence: PresenceBoard) -> None:
        self._database = database
        self._hub = hub
        self._presence = presence
        self._messages = Ticks[dict[str, Any]]("rooms", self._publish_messages, self._tell_to_read_anew)
        self._presences = Ticks[dict[str, Any]]("presence of rooms", self._publish_presence, self._tell_to_read_anew)
        broker.on("message", lambda content: self._queue(self._messages, content))
        broker.on("presence", lambda content: self._queue(self._presences, content))
        broker.on("room_read", self._publish_read)
        broker.on("typing", self._publish_typing)
        broker.on("room", lambda content: hub.publish(room_topic(content["room"]), Frame.reset()))

    def start(self) -> None:
        self._messages.start()
        self._presences.start()

    def stop(self) -> None:
        self._messages.stop()
        self._presences.stop()

    def _queue(self, ticks: Ticks[dict[str, Any]], content: dict[str, Any]) -> None:
        if self._hub.has(room_topic(content["room"])):
            ticks.put(content)

    async def _publish_messages(self, batch: list[dict[str, Any]]) -> None:
        ids = [UUID(content["id"]) for content in batch]
        async with self._database.reading() as connection:
            found = await queries.messages_by_id(connection, ids)
            files = await files_of(connection, found.values())
        for content, message_id in zip(batch, ids, strict=True):
            if (stored := found.get(message_id)) is not None:
                message = _WIRE.dump_python(message_on_wire(stored, files.get(message_id, [])), mode="json")
                self._hub.publish(room_topic(content["room"]), Frame("message", {"message": message}))

    async def _publish_presence(self, batch: list[dict[str, Any]]) -> None:
        online = await self._presence.online(list({UUID(content["room"]) for content in batch}))
        for room_id, users in online.items():
            self._hub.publish(room_topic(room_id), Frame("presence", {"online": [str(user) for user in users]}))

    def _publish_read(self, content: dict[str, Any]) -> None:
        frame = Frame("read", {"user_id": content["user"], "up_to": content["number"]})
        self._hub.publish(room_topic(content["room"]), frame)

    def _publish_typing(self, content: dict[str, Any]) -> None:
        frame = Frame("typing", {"user_id": content["user"], "display_name": content["name"]})
        self._hub.publish(room_topic(content["room"]), frame)

    def _tell_to_read_anew(self, batch: list[dict[str, Any]]) -> None:
        for room in {content["room"] for content in batch}:
            self._hub.publish(room_topic(room), Frame.reset())
