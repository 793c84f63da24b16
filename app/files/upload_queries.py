"""SQL of uploads that are under way, and of the rooms they come to."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from uuid import UUID

from sqlalchemy import BigInteger, Interval, Select, Text, bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.principal import Principal
from app.core.database import fetch
from app.files.models import FileUpload
from app.files.queries import ROOM_ID
from app.projects.access import ACTOR, ROOM_IS_OPEN, reachable_rooms
from app.projects.models import Room


@dataclass(frozen=True, slots=True)
class Place:
    """A room as somebody who wants to put a file there finds it."""

    is_open: bool
    files_size: int


async def place(connection: AsyncConnection, actor: Principal, room_id: UUID) -> Place | None:
    """None when the room is out of reach."""
    parameters = {"actor_id": actor.user_id, "room_id": room_id}
    rows = await fetch(connection, _place(reachable_rooms(actor)), parameters)
    return Place(*rows[0]) if rows else None


@cache
def _place(reachable: Select[UUID]) -> Select[bool, int]:
    return select(ROOM_IS_OPEN, Room.files_size).where(Room.id == ROOM_ID, Room.id.in_(reachable))


_HOLD_PERSON = select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("person", type_=Text), 0)))
_HOLD_ROOM = select(Room.files_size).where(Room.id == ROOM_ID).with_for_update(key_share=True)
_IS_LIVE = FileUpload.touched_at > func.clock_timestamp() - bindparam("silence", type_=Interval)
_UNDER_WAY = select(
    select(func.count()).where(FileUpload.uploader_id == ACTOR, _IS_LIVE).scalar_subquery(),
    select(func.coalesce(func.sum(FileUpload.size), 0).cast(BigInteger))
    .where(FileUpload.room_id == ROOM_ID, _IS_LIVE)
    .scalar_subquery(),
)


@dataclass(frozen=True, slots=True)
class UnderWay:
    """What is coming in: how many files of this person, and what a room holds and is about to."""

    count: int
    size: int


async def hold_under_way(connection: AsyncConnection, actor: Principal, room_id: UUID, silence: timedelta) -> UnderWay:
    """What is under way, and was heard of within that time; nobody adds to it until the transaction ends."""
    parameters = {"actor_id": actor.user_id, "room_id": room_id, "silence": silence}
    await fetch(connection, _HOLD_PERSON, {"person": f"upload {actor.user_id}"})
    rooms = await fetch(connection, _HOLD_ROOM, parameters)
    # A statement of its own: it sees what was written while the locks were waited for.
    ((count, size),) = await fetch(connection, _UNDER_WAY, parameters)
    return UnderWay(count, size + (rooms[0][0] if rooms else 0))


_KEY = bindparam("key", type_=Text)
_BEGIN = (
    insert(FileUpload)
    .values(
        key=_KEY,
        room_id=ROOM_ID,
        uploader_id=ACTOR,
        size=bindparam("size", type_=BigInteger),
    )
    .returning(FileUpload.key)
)


async def begin(connection: AsyncConnection, actor: Principal, room_id: UUID, key: str, size: int) -> None:
    """Writes that bytes are about to be stored under the key, before the first of them is."""
    await fetch(connection, _BEGIN, {"actor_id": actor.user_id, "room_id": room_id, "key": key, "size": size})


_TOUCH = (
    update(FileUpload).where(FileUpload.key == _KEY).values(touched_at=func.clock_timestamp()).returning(FileUpload.key)
)


async def touch(connection: AsyncConnection, key: str) -> bool:
    """Tells that the upload goes on; False if it has been given up."""
    return bool(await fetch(connection, _TOUCH, {"key": key}))


_GIVEN_UP = delete(FileUpload).where(FileUpload.key == _KEY).returning(FileUpload.key).cte("given_up")
_GIVE_UP = select(_GIVEN_UP.c.key)


async def give_up(connection: AsyncConnection, key: str) -> None:
    """The upload is no more, and neither are its bytes."""
    await fetch(connection, _GIVE_UP, {"key": key})
