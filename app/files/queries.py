"""All SQL of files and attachments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Integer,
    Select,
    Text,
    Uuid,
    bindparam,
    case,
    delete,
    exists,
    func,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.models import Account
from app.accounts.principal import Principal
from app.core.database import fetch
from app.core.pagination import Cursor
from app.core.types import HOST_ID, TIMESTAMP, HostId
from app.files.models import AttachedTo, Attachment, File
from app.projects.access import ACTOR, ROOM_IS_OPEN, reachable_rooms
from app.projects.models import ProjectMember, Room, host_projects
from app.projects.preflight import HostSchema
from app.projects.queries import NAMELESS, project_name

_ROOM_ID = bindparam("room_id", type_=Uuid)
_FILE_ID = bindparam("file_id", type_=Uuid)


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


_FILE = (
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
_IS_SEEN = or_(File.shared_at.is_not(None), File.uploader_id == ACTOR)
"""Whether the actor, who reaches the room, sees the file: drafts are their uploader's alone."""

_FILES = (
    select(*_FILE)
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
    return _FILES.where(File.id == _FILE_ID, Room.id.in_(reachable), _IS_SEEN)


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
        statement = statement.where(File.room_id == _ROOM_ID)
    if "project_id" in filtered:
        statement = statement.where(Room.project_id == bindparam("project_id", type_=HOST_ID))
    if not is_first:
        place = tuple_(bindparam("after_at", type_=TIMESTAMP), bindparam("after_id", type_=Uuid))
        statement = statement.where(tuple_(File.shared_at, File.id) < place)
    return statement.order_by(File.shared_at.desc(), File.id.desc()).limit(bindparam("rows"))


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
    return select(ROOM_IS_OPEN, Room.files_size).where(Room.id == _ROOM_ID, Room.id.in_(reachable))


_ANY_FILE = _FILES.where(File.id == _FILE_ID)


async def any_file(connection: AsyncConnection, file_id: UUID) -> StoredFile | None:
    """The file of this id, whoever asks: ids are unique among all."""
    rows = await fetch(connection, _ANY_FILE, {"file_id": file_id})
    return StoredFile(*rows[0]) if rows else None


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

    None when the room is out of reach, closed or full, or the id is in use. Holds the room's row until the
    transaction ends.
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
    is_new = ~exists().where(File.id == _FILE_ID).correlate_except(File)
    has_space = Room.files_size + size <= bindparam("room_limit", type_=BigInteger)
    room = (
        update(Room)
        .where(Room.id == _ROOM_ID, Room.id.in_(reachable), ROOM_IS_OPEN, is_new, has_space)
        .values(files_size=Room.files_size + size)
        .returning(Room.id, Room.project_id, Room.client_id)
        .cte("place")
    )
    now = func.clock_timestamp()
    content = {
        "id": _FILE_ID,
        "room_id": room.c.id,
        "uploader_id": ACTOR,
        "name": bindparam("name", type_=Text),
        "media_type": bindparam("media_type", type_=Text),
        "size": size,
        "sha256": bindparam("sha256", type_=Text),
        "key": bindparam("key", type_=Text),
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
    uploader_name = select(Account.display_name).where(Account.user_id == ACTOR).scalar_subquery()
    uploader_role = (
        select(ProjectMember.role)
        .where(ProjectMember.project_id == room.c.project_id, ProjectMember.user_id == ACTOR)
        .scalar_subquery()
    )
    name = select(project_name(host)).where(host_projects.c.id == room.c.project_id).scalar_subquery()
    return select(
        room.c.project_id,
        room.c.client_id,
        entered.c.created_at,
        entered.c.shared_at,
        func.coalesce(uploader_name, NAMELESS),
        uploader_role,
        name,
    )


_HOLD_ROOM = (
    select(Room.id)
    .join(File, File.room_id == Room.id)
    .where(File.id == _FILE_ID)
    .with_for_update(key_share=True, of=Room)
)
_DELETE_DRAFT = (
    delete(File).where(File.id == _FILE_ID, File.shared_at.is_(None)).returning(File.room_id, File.size).cte("gone")
)
_TAKE_DRAFT = (
    update(Room)
    .where(Room.id == _DELETE_DRAFT.c.room_id)
    .values(files_size=Room.files_size - _DELETE_DRAFT.c.size)
    .returning(Room.id)
)


async def delete_draft(connection: AsyncConnection, file_id: UUID) -> bool:
    """Removes the row of a file that is not shared, and gives back what it took of its room.

    False if there is none, any more. Takes the room's row first, as everything does that writes to both.
    """
    await fetch(connection, _HOLD_ROOM, {"file_id": file_id})
    return bool(await fetch(connection, _TAKE_DRAFT, {"file_id": file_id}))


_OLD_DRAFTS = (
    select(File.id, File.key)
    .where(File.shared_at.is_(None), File.created_at < bindparam("before", type_=TIMESTAMP))
    .order_by(File.created_at)
    .limit(bindparam("rows"))
)


async def old_drafts(connection: AsyncConnection, before: datetime, limit: int) -> list[tuple[UUID, str]]:
    """Drafts that were uploaded before, the oldest first: their ids and keys."""
    return [(row[0], row[1]) for row in await fetch(connection, _OLD_DRAFTS, {"before": before, "rows": limit})]


_KNOWN = select(File.key).where(File.key == func.any(bindparam("keys", type_=ARRAY(Text))))


async def known_keys(connection: AsyncConnection, keys: Sequence[str]) -> set[str]:
    """Which of these keys a row speaks of."""
    return {row[0] for row in await fetch(connection, _KNOWN, {"keys": keys})}


_SHARED_KEYS = select(File.key, File.id).where(
    File.key >= bindparam("from_key", type_=Text),
    File.key < bindparam("to_key", type_=Text),
    File.shared_at < bindparam("before", type_=TIMESTAMP),
)


async def shared_keys(connection: AsyncConnection, shard: str, before: datetime) -> dict[str, UUID]:
    """Keys of one shard that files shared before have, and the files' ids."""
    # The character behind "/" ends what begins with it, in an order by bytes.
    parameters = {"from_key": f"{shard}/", "to_key": f"{shard}0", "before": before}
    return {row[0]: row[1] for row in await fetch(connection, _SHARED_KEYS, parameters)}


_TAKE_TURN = select(func.pg_try_advisory_xact_lock(bindparam("turn", type_=BigInteger)))
_SWEEP = 0x706F7274_53574550


async def take_turn(connection: AsyncConnection) -> bool:
    """Whether nobody else sweeps, until the transaction ends."""
    return bool((await fetch(connection, _TAKE_TURN, {"turn": _SWEEP}))[0][0])


_ATTACHED = (
    select(Attachment.subject_id, *_FILE)
    .select_from(Attachment)
    .join(File, File.id == Attachment.file_id)
    .join(Room, Room.id == File.room_id)
    .outerjoin(Account, Account.user_id == File.uploader_id)
    .where(
        Attachment.kind == bindparam("kind", type_=Text),
        Attachment.subject_id == func.any(bindparam("subject_ids", type_=ARRAY(Uuid))),
    )
    .order_by(Attachment.subject_id, Attachment.position)
)


async def attached(
    connection: AsyncConnection, kind: AttachedTo, subject_ids: Sequence[UUID]
) -> dict[UUID, list[StoredFile]]:
    """The files of each of these things, in order; whoever asks reaches the things."""
    found: dict[UUID, list[StoredFile]] = {}
    for subject_id, *row in await fetch(connection, _ATTACHED, {"kind": kind, "subject_ids": subject_ids}):
        found.setdefault(subject_id, []).append(StoredFile(*row))
    return found


async def attach(
    connection: AsyncConnection,
    actor: Principal,
    room_id: UUID,
    kind: AttachedTo,
    subject_id: UUID,
    file_ids: Sequence[UUID],
) -> dict[UUID, bool]:
    """Links those of the files that are of the room and seen by the actor, and shares drafts.

    Answers which were linked, and of each whether it was a draft.
    """
    parameters = {
        "actor_id": actor.user_id,
        "room_id": room_id,
        "kind": kind,
        "subject_id": subject_id,
        "file_ids": file_ids,
    }
    return {row[0]: row[1] for row in await fetch(connection, _attach(), parameters)}


@cache
def _attach() -> Select[UUID, bool]:
    file_ids = bindparam("file_ids", type_=ARRAY(Uuid))
    # Held in one order, whatever order they are named in: two that share files never wait for each other.
    usable = (
        select(File.id, File.shared_at.is_(None).label("is_draft"))
        .where(File.id == func.any(file_ids), File.room_id == _ROOM_ID, _IS_SEEN)
        .order_by(File.id)
        .with_for_update(key_share=True)
        .cte("usable")
    )
    shared = (
        update(File)
        .where(File.id == usable.c.id, usable.c.is_draft)
        .values(shared_at=func.clock_timestamp())
        .cte("shared")
    )
    place = func.array_position(file_ids, usable.c.id, type_=Integer)
    content = select(bindparam("kind", type_=Text), bindparam("subject_id", type_=Uuid), usable.c.id, place)
    linked = (
        insert(Attachment)
        .from_select(["kind", "subject_id", "file_id", "position"], content)
        .returning(Attachment.file_id)
        .cte("linked")
    )
    return select(usable.c.id, usable.c.is_draft).join(linked, linked.c.file_id == usable.c.id).add_cte(shared)
