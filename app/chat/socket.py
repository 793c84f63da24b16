"""The live socket of one person in one room."""

import asyncio
import time
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from starlette.websockets import WebSocket

from app.accounts.auth import Authenticator
from app.accounts.endings import topics_of
from app.accounts.principal import Principal
from app.chat import queries
from app.chat.feed import room_topic
from app.chat.queries import Attendance
from app.core.database import Database, Signal
from app.core.errors import NotFound
from app.presence.board import PresenceBoard
from app.projects.changes import reach_topic
from app.realtime.hub import Frame, Hub
from app.realtime.ws import FrameSocket

log = structlog.get_logger(__name__)

_TYPING_SECONDS = 2.0
"""How often one socket's typing is passed on."""


class RoomSockets:
    """Opens rooms' sockets. An open one holds no database connection."""

    def __init__(self, database: Database, hub: Hub, presence: PresenceBoard, authenticator: Authenticator) -> None:
        self._database = database
        self._hub = hub
        self._presence = presence
        self._authenticator = authenticator
        self._sending: set[asyncio.Task[None]] = set()

    async def serve(self, caller: Principal, room_id: UUID, socket: WebSocket) -> None:
        """Serves until either side ends it; raises ``NotFound`` before it opens if the room is out of reach."""
        attendance = await self._attendance(caller, room_id)

        async def ready() -> Frame:
            return await self._ready(caller, room_id)

        async def may_go_on() -> bool:
            return await self._authenticator.still_holds(caller) and await self._reaches(caller, room_id)

        ended = None
        # Who only looks on is not there.
        if attendance.belongs:
            self._presence.enter(room_id, caller.user_id)
            ended = partial(self._presence.leave, room_id, caller.user_id)
        frames = FrameSocket(
            self._hub,
            {room_topic(room_id), reach_topic(caller.user_id, attendance.project_id), *topics_of(caller)},
            ready,
            expires_at=caller.expires_at,
            may_go_on=may_go_on,
            hear=self._typing(caller, room_id, attendance),
            ended=ended,
        )
        await frames.serve(socket)

    async def _attendance(self, caller: Principal, room_id: UUID) -> Attendance:
        async with self._database.reading() as connection:
            attendance = await queries.attendance(connection, caller, room_id)
        if attendance is None:
            raise NotFound
        return attendance

    async def _ready(self, caller: Principal, room_id: UUID) -> Frame:
        async with self._database.reading() as connection:
            # Again, for access may have ended before the socket followed the signals that say so.
            attendance = await queries.attendance(connection, caller, room_id)
            if attendance is None:
                raise NotFound
            people = await queries.people(connection, room_id)
        online = (await self._presence.online([room_id]))[room_id]
        reads = {str(each.user_id): each.read_number for each in people}
        content = {
            "room_id": str(room_id),
            "last_number": attendance.last_number,
            "online": [str(user) for user in online],
            "reads": reads,
        }
        return Frame("ready", content)

    async def _reaches(self, caller: Principal, room_id: UUID) -> bool:
        async with self._database.reading() as connection:
            return await queries.is_reachable(connection, caller, room_id)

    def _typing(self, caller: Principal, room_id: UUID, attendance: Attendance) -> "Typing":
        signal = Signal("typing", {"room": str(room_id), "user": str(caller.user_id), "name": attendance.display_name})
        return Typing(lambda: self._send(signal))

    def _send(self, signal: Signal) -> None:
        task = asyncio.create_task(self._send_now(signal))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _send_now(self, signal: Signal) -> None:
        try:
            async with self._database.transaction() as transaction:
                transaction.signals.append(signal)
        except Exception as error:
            # Nobody misses it: who goes on typing says so again.
            log.info("typing_not_sent", error=repr(error))


class Typing:
    """Hears that somebody types, and passes it on now and then."""

    __slots__ = ("_at", "_pass_on")

    def __init__(self, pass_on: Callable[[], None]) -> None:
        self._pass_on = pass_on
        self._at = 0.0

    def __call__(self, event: str, _content: dict[str, Any]) -> None:
        now = time.monotonic()
        if event == "typing" and now - self._at >= _TYPING_SECONDS:
            self._at = now
            self._pass_on()
