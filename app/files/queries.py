"""SQL of files as people see them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Uuid, bindparam, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.models import Account
from app.accounts.principal import Principal
from app.core.database import fetch
from app.core.pagination import Cursor
from app.core.types import HOST_ID, TIMESTAMP, HostId
from app.files.models import File
from app.projects.access import ACTOR, reachable_rooms
from app.projects.models import Room
from app.projects.queries import NAMELESS

ROOM_ID = bindparam("room_id", type_=Uuid)
FILE_ID = bindparam("file_id", type_=Uuid)


@dataclass(frozen=True, slots=True)
class StoredFile:
    id: UUID
    room_id: UUID
    project_id: HostId
    client_id: HostId
    name: str
    media_type: str
    size: int
    sha256: str
    key: str
    width: int | None
    height: int | None
    has_thumbnail: bool
    uploader_id: HostId
    uploader_name: str
    created_at: datetime
    shared_at: datetime | None


FILE = (
    File.id,
    File.room_id,
    Room.project_id,
    Room.client_id,
    File.name,
    File.media_type,
    File.size,
    File.sha256,
    File.key,
    File.width,
    File.height,
    File.has_thumbnail,
    File.uploader_id,
    func.coalesce(Account.display_name, NAMELESS),
    File.created_at,
    File.shared_at,
)
IS_SEEN = or_(File.shared_at.is_not(None), File.uploader_id == ACTOR)
"""Whether the actor, who reaches the room, sees the file: drafts are their uploader's alone."""

_FILES = (
    select(*FILE)
    .select_from(File)
    .join(Room, Room.id == File.room_id)
    .outerjoin(Account, Account.user_id == File.uploader_id)
)


async def file(connection: AsyncConnection, actor: Principal, file_id: UUID) -> StoredFile | None:
    """The file, if the actor sees it."""
    parameters = {"actor_id": actor.user_id, "file_id": file_id}
    rows = await fetch(connection, _file(reachable_rooms(actor)), parameters)
    return StoredFile(*rows[0]) if rows else None


@cache
def _file(reachable: Select[UUID]) -> Select[*tuple[Any, ...]]:
    return _FILES.where(File.id == FILE_ID, Room.id.in_(reachable), IS_SEEN)


async def files(
    connection: AsyncConnection, actor: Principal, after: Cursor | None, limit: int, filters: Mapping[str, UUID]
) -> list[StoredFile]:
    """Shared files of rooms in reach, what was shared last first. Filters: ``room_id``, ``project_id``."""
    parameters = {"actor_id": actor.user_id, "rows": limit} | dict(filters)
    if after is not None:
        parameters |= {"after_at": after.moment, "after_id": after.id}
    statement = _files(reachable_rooms(actor), frozenset(filters), is_first=after is None)
    return [StoredFile(*row) for row in await fetch(connection, statement, parameters)]


@cache
def _files(reachable: Select[UUID], filtered: frozenset[str], *, is_first: bool) -> Select[*tuple[Any, ...]]:
    statement = _FILES.where(Room.id.in_(reachable), File.shared_at.is_not(None))
    if "room_id" in filtered:
        statement = statement.where(File.room_id == ROOM_ID)
    if "project_id" in filtered:
        statement = statement.where(Room.project_id == bindparam("project_id", type_=HOST_ID))
    if not is_first:
        place = tuple_(bindparam("after_at", type_=TIMESTAMP), bindparam("after_id", type_=Uuid))
        statement = statement.where(tuple_(File.shared_at, File.id) < place)
    return statement.order_by(File.shared_at.desc(), File.id.desc()).limit(bindparam("rows"))


_ANY_FILE = _FILES.where(File.id == FILE_ID)


async def any_file(connection: AsyncConnection, file_id: UUID) -> StoredFile | None:
    """The file of this id, whoever asks: ids are unique among all."""
    rows = await fetch(connection, _ANY_FILE, {"file_id": file_id})
    return StoredFile(*rows[0]) if rows else None
