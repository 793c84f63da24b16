"""All SQL of rooms' messages and read marks. What is asked often is built once and run by the driver."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    Text,
    Uuid,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy import and_ as all_of
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from app.accounts.models import Account
from app.accounts.principal import Principal
from app.chat.models import Message
from app.core.database import fetch
from app.core.pagination import Cursor
from app.core.types import HOST_ID, TIMESTAMP, HostId
from app.projects.access import ACTOR, IS_OF_ROOM, ROOM_IS_OPEN, belongs_to_room, reachable_rooms
from app.projects.models import ProjectMember, Room, RoomRead, host_projects
from app.projects.preflight import HostSchema
from app.projects.queries import ACTOR_NAME, NAMELESS, columns_of_event, project_name

SNIPPET = 200
"""How many characters of its last message a list of rooms shows."""

_ROOM_ID = bindparam("room_id", type_=Uuid)
_MESSAGE_ID = bindparam("message_id", type_=Uuid)
_UP_TO = bindparam("up_to", type_=BigInteger)

_Client, _Author = aliased(Account), aliased(Account)
_author_name = func.coalesce(_Author.display_name, NAMELESS)


@dataclass(frozen=True, slots=True)
class StoredMessage:
    id: UUID
    room_id: UUID
    project_id: HostId
    number: int
    author_id: HostId
    author_name: str
    body: str
    created_at: datetime
    file_count: int


_MESSAGE = (
    Message.id,
    Message.room_id,
    Room.project_id,
    Message.number,
    Message.author_id,
    _author_name,
    Message.body,
    Message.created_at,
    Message.file_count,
)
_MESSAGES = (
    select(*_MESSAGE)
    .select_from(Message)
    .join(Room, Room.id == Message.room_id)
    .outerjoin(_Author, _Author.user_id == Message.author_id)
)


async def messages(
    connection: AsyncConnection,
    actor: Principal,
    room_id: UUID,
    limit: int,
    *,
    before: int | None = None,
    after: int | None = None,
) -> list[StoredMessage]:
    """Messages of a room in reach, newest first: the newest, or those next to a number on one side."""
    parameters = {"actor_id": actor.user_id, "room_id": room_id, "rows": limit, "number": before or after or 0}
    statement = _page(reachable_rooms(actor), is_after=after is not None, is_before=before is not None)
    return [StoredMessage(*row) for row in await fetch(connection, statement, parameters)]


@cache
def _page(reachable: Select[UUID], *, is_after: bool, is_before: bool) -> Select[*tuple[Any, ...]]:
    number = bindparam("number", type_=BigInteger)
    statement = _MESSAGES.where(Message.room_id == _ROOM_ID, Room.id == _ROOM_ID, Room.id.in_(reachable))
    if is_after:
        next_ones = (
            statement.where(Message.number > number).order_by(Message.number).limit(bindparam("rows")).subquery()
        )
        return select(next_ones).order_by(next_ones.c.number.desc())
    if is_before:
        statement = statement.where(Message.number < number)
    return statement.order_by(Message.number.desc()).limit(bindparam("rows"))


async def message(connection: AsyncConnection, actor: Principal, message_id: UUID) -> StoredMessage | None:
    """The message, if its room is in reach."""
    rows = await fetch(
        connection, _message(reachable_rooms(actor)), {"actor_id": actor.user_id, "message_id": message_id}
    )
    return StoredMessage(*rows[0]) if rows else None


@cache
def _message(reachable: Select[UUID]) -> Select[*tuple[Any, ...]]:
    return _MESSAGES.where(Message.id == _MESSAGE_ID, Room.id.in_(reachable))


_SOME_MESSAGES = _MESSAGES.where(Message.id == func.any(bindparam("ids", type_=ARRAY(Uuid))))


async def messages_by_id(connection: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, StoredMessage]:
    """These messages, whoever asks: for what goes to sockets whose reach is known already."""
    return {row[0]: StoredMessage(*row) for row in await fetch(connection, _SOME_MESSAGES, {"ids": ids})}


# What it is before a statement that moves it: all parts of one statement see the rows as they were.
_own_mark = select(RoomRead.number).where(RoomRead.room_id == _ROOM_ID, RoomRead.user_id == ACTOR).scalar_subquery()


@dataclass(frozen=True, slots=True)
class Posted:
    """A message that has just been written, and what its event needs to know."""

    message: StoredMessage
    client_id: HostId
    author_role: str | None
    author_had_read: int | None
    project_name: str


async def insert_message(
    connection: AsyncConnection,
    host: HostSchema,
    actor: Principal,
    room_id: UUID,
    message_id: UUID,
    body: str,
    *,
    file_count: int,
) -> Posted | None:
    """Writes the next message of a room in reach, and the author's read mark up to it.

    None when the room is out of reach or closed, or the id is in use. Holds the room's row until the transaction ends.
    """
    parameters = {
        "actor_id": actor.user_id,
        "room_id": room_id,
        "message_id": message_id,
        "body": body,
        "file_count": file_count,
    }
    rows = await fetch(connection, _insert_message(host, reachable_rooms(actor)), parameters)
    if not rows:
        return None
    number, created_at, project_id, client_id, had_read, author_name, author_role, name = rows[0]
    written = StoredMessage(
        message_id, room_id, project_id, number, actor.user_id, author_name, body, created_at, file_count
    )
    return Posted(written, client_id, author_role, had_read, name)


@cache
def _insert_message(host: HostSchema, reachable: Select[UUID]) -> Select[*tuple[Any, ...]]:
    is_new = ~exists().where(Message.id == _MESSAGE_ID).correlate_except(Message)
    place = (
        update(Room)
        .where(Room.id == _ROOM_ID, Room.id.in_(reachable), ROOM_IS_OPEN, is_new)
        .values(last_number=Room.last_number + 1, active_at=func.clock_timestamp())
        .returning(Room.id, Room.project_id, Room.client_id, Room.last_number)
        .cte("place")
    )
    file_count = bindparam("file_count", type_=Integer)
    content = select(_MESSAGE_ID, place.c.id, place.c.last_number, ACTOR, bindparam("body", type_=Text), file_count)
    posted = (
        insert(Message)
        .from_select(["id", "room_id", "number", "author_id", "body", "file_count"], content)
        .returning(Message.number, Message.created_at)
        .cte("posted")
    )
    marked = (
        update(RoomRead)
        .where(RoomRead.room_id == place.c.id, RoomRead.user_id == ACTOR)
        .values(number=place.c.last_number)
        .cte("marked")
    )
    return select(
        posted.c.number,
        posted.c.created_at,
        place.c.project_id,
        place.c.client_id,
        _own_mark,
        *columns_of_event(host, place.c.project_id),
    ).add_cte(marked)


SEEN_MESSAGES = select(Message.id).where(
    Message.room_id == _ROOM_ID, Message.number > bindparam("after", type_=BigInteger), Message.number <= _UP_TO
)
"""The ids of a room's messages after a number and up to another. Takes ``room_id``, ``after`` and ``up_to``."""


@dataclass(frozen=True, slots=True)
class Marked:
    """How far a person has read a room, and how far before; None for who only looks on and has no mark."""

    up_to: int
    before: int | None


async def mark_read(connection: AsyncConnection, actor: Principal, room_id: UUID, up_to: int) -> Marked | None:
    """Moves the actor's read mark, never backward and never past the last message; None out of reach."""
    parameters = {"actor_id": actor.user_id, "room_id": room_id, "up_to": up_to}
    rows = await fetch(connection, _mark_read(reachable_rooms(actor)), parameters)
    return Marked(*rows[0]) if rows else None


@cache
def _mark_read(reachable: Select[UUID]) -> Select[int, int | None]:
    room = (
        select(Room.id, func.least(Room.last_number, _UP_TO).label("up_to"))
        .where(Room.id == _ROOM_ID, Room.id.in_(reachable))
        .cte("room")
    )
    marked = (
        update(RoomRead)
        .where(RoomRead.room_id == room.c.id, RoomRead.user_id == ACTOR, RoomRead.number < room.c.up_to)
        .values(number=room.c.up_to)
        .cte("marked")
    )
    return select(room.c.up_to, _own_mark).add_cte(marked)


@dataclass(frozen=True, slots=True)
class Reading:
    """How far a room goes, and how far the reader is; None for who has no mark."""

    last_number: int
    read: int | None


async def reading(connection: AsyncConnection, actor: Principal, room_id: UUID) -> Reading | None:
    """None when the room is out of reach."""
    statement = _reading(reachable_rooms(actor))
    rows = await fetch(connection, statement, {"actor_id": actor.user_id, "room_id": room_id})
    return Reading(*rows[0]) if rows else None


@cache
def _reading(reachable: Select[UUID]) -> Select[int, int | None]:
    return select(Room.last_number, _own_mark).where(Room.id == _ROOM_ID, Room.id.in_(reachable))


@dataclass(frozen=True, slots=True)
class StoredRoom:
    id: UUID
    project_id: HostId
    project_name: str
    client_id: HostId
    client_name: str
    is_open: bool
    unread_count: int
    last_number: int
    active_at: datetime
    last_id: UUID | None
    last_author_id: HostId | None
    last_author_name: str | None
    last_body: str | None
    last_at: datetime | None
    last_file_count: int | None


async def room(connection: AsyncConnection, host: HostSchema, actor: Principal, room_id: UUID) -> StoredRoom | None:
    """The room, if it is in reach."""
    statement = _room(host, reachable_rooms(actor))
    rows = await fetch(connection, statement, {"actor_id": actor.user_id, "room_id": room_id})
    return StoredRoom(*rows[0]) if rows else None


async def is_reachable(connection: AsyncConnection, actor: Principal, room_id: UUID) -> bool:
    """Whether the room is in reach."""
    statement = _reach(reachable_rooms(actor))
    return bool(await fetch(connection, statement, {"actor_id": actor.user_id, "room_id": room_id}))


async def rooms(
    connection: AsyncConnection,
    host: HostSchema,
    actor: Principal,
    after: Cursor | None,
    limit: int,
    filters: Mapping[str, Any],
) -> list[StoredRoom]:
    """Rooms in reach, latest activity first. Filters: ``project_id``; ``name``, a part of the client's or project's."""
    parameters = {"actor_id": actor.user_id, "rows": limit} | dict(filters)
    if after is not None:
        parameters |= {"after_at": after.moment, "after_id": after.id}
    statement = _rooms(host, reachable_rooms(actor), frozenset(filters), is_first=after is None)
    return [StoredRoom(*row) for row in await fetch(connection, statement, parameters)]


@cache
def _reach(reachable: Select[UUID]) -> Select[UUID]:
    return select(Room.id).where(Room.id == _ROOM_ID, Room.id.in_(reachable))


@cache
def _room(host: HostSchema, reachable: Select[UUID]) -> Select[*tuple[Any, ...]]:
    return _shown_rooms(host).where(Room.id == _ROOM_ID, Room.id.in_(reachable))


@cache
def _rooms(
    host: HostSchema, reachable: Select[UUID], filtered: frozenset[str], *, is_first: bool
) -> Select[*tuple[Any, ...]]:
    order = (Room.active_at.desc(), Room.id.desc())
    # Which rooms first, then what is shown of them: else the last messages of all in reach would be read for one page.
    page = select(Room.id).where(Room.id.in_(reachable)).order_by(*order).limit(bindparam("rows"))
    if "project_id" in filtered:
        page = page.where(Room.project_id == bindparam("project_id", type_=HOST_ID))
    if "name" in filtered:
        part = bindparam("name", type_=Text)
        page = (
            page.join(host_projects, host_projects.c.id == Room.project_id)
            .outerjoin(_Client, _Client.user_id == Room.client_id)
            .where(or_(_holds(_Client.display_name, part), _holds(project_name(host), part)))
        )
    if not is_first:
        place = tuple_(bindparam("after_at", type_=TIMESTAMP), bindparam("after_id", type_=Uuid))
        page = page.where(tuple_(Room.active_at, Room.id) < place)
    found = page.cte("page")
    return _shown_rooms(host).join(found, found.c.id == Room.id).order_by(*order)


def _holds(text: ColumnElement[str] | Any, part: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether the part occurs in the text, whatever the case; nothing in it has a meaning of its own."""
    return func.strpos(func.lower(text), func.lower(part)) > 0


def _shown_rooms(host: HostSchema) -> Select[*tuple[Any, ...]]:
    unread = case((RoomRead.number.is_(None), 0), else_=Room.last_number - RoomRead.number)
    return (
        select(
            Room.id,
            Room.project_id,
            project_name(host),
            Room.client_id,
            func.coalesce(_Client.display_name, NAMELESS),
            ROOM_IS_OPEN,
            unread,
            Room.last_number,
            Room.active_at,
            Message.id,
            Message.author_id,
            case((Message.id.is_not(None), _author_name)),
            func.left(Message.body, SNIPPET),
            Message.created_at,
            Message.file_count,
        )
        .select_from(Room)
        .join(host_projects, host_projects.c.id == Room.project_id)
        .outerjoin(_Client, _Client.user_id == Room.client_id)
        .outerjoin(RoomRead, all_of(RoomRead.room_id == Room.id, RoomRead.user_id == ACTOR))
        .outerjoin(Message, all_of(Message.room_id == Room.id, Message.number == Room.last_number))
        .outerjoin(_Author, _Author.user_id == Message.author_id)
    )


@dataclass(frozen=True, slots=True)
class StoredPerson:
    user_id: HostId
    display_name: str
    role: str
    read_number: int


_PEOPLE = (
    select(
        ProjectMember.user_id,
        func.coalesce(Account.display_name, NAMELESS),
        ProjectMember.role,
        func.coalesce(RoomRead.number, 0),
    )
    .select_from(Room)
    .join(ProjectMember, ProjectMember.project_id == Room.project_id)
    .outerjoin(Account, Account.user_id == ProjectMember.user_id)
    .outerjoin(RoomRead, all_of(RoomRead.room_id == Room.id, RoomRead.user_id == ProjectMember.user_id))
    .where(
        Room.id == _ROOM_ID,
        IS_OF_ROOM,
        or_(Account.user_id.is_(None), Account.is_active),
    )
    .order_by(Account.display_name, ProjectMember.user_id)
)


async def people(connection: AsyncConnection, room_id: UUID) -> list[StoredPerson]:
    """Those who belong to the room and can sign in, by name."""
    return [StoredPerson(*row) for row in await fetch(connection, _PEOPLE, {"room_id": room_id})]


@dataclass(frozen=True, slots=True)
class Attendance:
    """A room as somebody enters it: how far it goes, whether they are one of its people, and by which name."""

    project_id: HostId
    last_number: int
    belongs: bool
    display_name: str


async def attendance(connection: AsyncConnection, actor: Principal, room_id: UUID) -> Attendance | None:
    """None when the room is out of reach."""
    parameters = {"actor_id": actor.user_id, "room_id": room_id}
    rows = await fetch(connection, _attendance(reachable_rooms(actor)), parameters)
    return Attendance(*rows[0]) if rows else None


@cache
def _attendance(reachable: Select[UUID]) -> Select[*tuple[Any, ...]]:
    columns = (Room.project_id, Room.last_number, belongs_to_room(ACTOR), ACTOR_NAME)
    return select(*columns).where(Room.id == _ROOM_ID, Room.id.in_(reachable))
