"""SQL of files that have come in: their rows, what they take of their rooms, and what an event needs to know."""

from dataclasses import dataclass, replace
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Integer,
    Select,
    Text,
    bindparam,
    case,
    delete,
    exists,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.principal import Principal
from app.core.database import fetch
from app.files.models import File, FileUpload
from app.files.queries import FILE_ID, ROOM_ID, StoredFile
from app.projects.access import ACTOR, ROOM_IS_OPEN, reachable_rooms
from app.projects.models import Room
from app.projects.preflight import HostSchema
from app.projects.queries import columns_of_event

_KEY = bindparam("key", type_=Text)


@dataclass(frozen=True, slots=True)
class NewFile:
    """What is known of a file once its bytes are stored."""

    id: UUID
    name: str
    media_type: str
    size: int
    sha256: str
    key: str
    width: int | None
    height: int | None
    has_thumbnail: bool


@dataclass(frozen=True, slots=True)
class Entered:
    """A file that has just been written, and what its event needs to know."""

    file: StoredFile
    uploader_role: str | None
    project_name: str


async def insert_file(
    connection: AsyncConnection,
    host: HostSchema,
    actor: Principal,
    room_id: UUID,
    new: NewFile,
    *,
    is_draft: bool,
    room_limit: int,
) -> Entered | None:
    """Writes the row of a file, and what it takes of its room.

    None when the room is out of reach, closed or full, the id is in use, or the upload was given up: its own row goes
    as that of the file comes. Holds the room's row until the transaction ends.
    """
    parameters = {
        "actor_id": actor.user_id,
        "room_id": room_id,
        "is_draft": is_draft,
        "room_limit": room_limit,
        "file_id": new.id,
        "name": new.name,
        "media_type": new.media_type,
        "size": new.size,
        "sha256": new.sha256,
        "key": new.key,
        "width": new.width,
        "height": new.height,
        "has_thumbnail": new.has_thumbnail,
    }
    rows = await fetch(connection, _insert_file(host, reachable_rooms(actor)), parameters)
    if not rows:
        return None
    project_id, client_id, created_at, shared_at, uploader_name, uploader_role, name = rows[0]
    stored = StoredFile(
        new.id,
        room_id,
        project_id,
        client_id,
        new.name,
        new.media_type,
        new.size,
        new.sha256,
        new.key,
        new.width,
        new.height,
        new.has_thumbnail,
        actor.user_id,
        uploader_name,
        created_at,
        shared_at,
    )
    return Entered(stored, uploader_role, name)


@cache
def _insert_file(host: HostSchema, reachable: Select[UUID]) -> Select[*tuple[Any, ...]]:
    size = bindparam("size", type_=BigInteger)
    is_new = ~exists().where(File.id == FILE_ID).correlate_except(File)
    has_space = Room.files_size + size <= bindparam("room_limit", type_=BigInteger)
    begun = delete(FileUpload).where(FileUpload.key == _KEY).returning(FileUpload.key).cte("begun")
    is_begun = exists(select(begun.c.key))
    room = (
        update(Room)
        .where(Room.id == ROOM_ID, Room.id.in_(reachable), ROOM_IS_OPEN, is_new, has_space, is_begun)
        .values(files_size=Room.files_size + size)
        .returning(Room.id, Room.project_id, Room.client_id)
        .cte("place")
    )
    now = func.clock_timestamp()
    content = {
        "id": FILE_ID,
        "room_id": room.c.id,
        "uploader_id": ACTOR,
        "name": bindparam("name", type_=Text),
        "media_type": bindparam("media_type", type_=Text),
        "size": size,
        "sha256": bindparam("sha256", type_=Text),
        "key": _KEY,
        "width": bindparam("width", type_=Integer),
        "height": bindparam("height", type_=Integer),
        "has_thumbnail": bindparam("has_thumbnail", type_=Boolean),
        "shared_at": case((~bindparam("is_draft", type_=Boolean), now)),
    }
    entered = (
        insert(File)
        .from_select(list(content), select(*content.values()))
        .returning(File.created_at, File.shared_at)
        .cte("entered")
    )
    return select(
        room.c.project_id,
        room.c.client_id,
        entered.c.created_at,
        entered.c.shared_at,
        *columns_of_event(host, room.c.project_id),
    )


async def share_draft(
    connection: AsyncConnection, host: HostSchema, actor: Principal, draft: StoredFile
) -> Entered | None:
    """Shows a draft of the actor's own to its room; None if it is shared, or the room closed, by now."""
    parameters = {"actor_id": actor.user_id, "file_id": draft.id}
    rows = await fetch(connection, _share_draft(host, reachable_rooms(actor)), parameters)
    if not rows:
        return None
    shared_at, uploader_name, uploader_role, name = rows[0]
    return Entered(replace(draft, shared_at=shared_at, uploader_name=uploader_name), uploader_role, name)


@cache
def _share_draft(host: HostSchema, reachable: Select[UUID]) -> Select[*tuple[Any, ...]]:
    shared = (
        update(File)
        .where(
            File.id == FILE_ID,
            File.uploader_id == ACTOR,
            File.shared_at.is_(None),
            Room.id == File.room_id,
            Room.id.in_(reachable),
            ROOM_IS_OPEN,
        )
        .values(shared_at=func.clock_timestamp())
        .returning(File.shared_at, Room.project_id)
        .cte("shared")
    )
    return select(shared.c.shared_at, *columns_of_event(host, shared.c.project_id))
