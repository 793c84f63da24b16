"""All SQL of searching. Words are looked up in one place at a time: a stretch of a room, a room, or a project."""

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
    SQLColumnExpression,
    Text,
    Uuid,
    bindparam,
    cast,
    column,
    exists,
    func,
    literal,
    literal_column,
    null,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY, TSVECTOR
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from app.accounts.models import Account
from app.accounts.principal import Principal
from app.chat.models import MESSAGE_LEXEMES, STRETCH, Message
from app.core.database import fetch
from app.core.lexemes import SEPARATORS
from app.core.types import HOST_ID, TIMESTAMP, HostId
from app.files.models import FILE_LEXEMES, File
from app.issues.models import ISSUE_LEXEMES, Issue
from app.notifications.events import SourceKind
from app.projects.access import reachable_rooms
from app.projects.models import Room
from app.projects.queries import NAMELESS
from app.tasks.models import TASK_LEXEMES, Task

START, STOP = "\x02", "\x03"
"""Around what matches in a text. Both separate words, so they are gone from the text before it is marked."""

_BLANK = 12
"""The kind of token that is no word, of Postgres's parser."""

_token = (
    func.ts_parse("default", bindparam("text", type_=Text))
    .table_valued(column("tokid", Integer), column("token", Text), with_ordinality="place")
    .render_derived(name="token")
)
_WORDS = select(func.lower(_token.c.token)).where(_token.c.tokid != _BLANK).order_by(_token.c.place)


_NO_COMPILING = select(func.set_config("jit", "off", true()))


async def hurry(connection: AsyncConnection) -> None:
    """Keeps Postgres from compiling the statements of this transaction.

    It takes them for long ones, since it cannot know how few rows a place has, and compiling takes longer than any.
    """
    await fetch(connection, _NO_COMPILING, {})


async def words(connection: AsyncConnection, text: str) -> list[str]:
    """The words of a text without separators, in order, as the indexes have them."""
    return [row[0] for row in await fetch(connection, _WORDS, {"text": text})]


@dataclass(frozen=True, slots=True)
class SearchedRoom:
    id: UUID
    last_number: int


async def rooms(connection: AsyncConnection, actor: Principal, project_id: HostId) -> list[SearchedRoom]:
    """The project's rooms in reach."""
    parameters = {"actor_id": actor.user_id, "project_id": project_id}
    return [SearchedRoom(*row) for row in await fetch(connection, _rooms(reachable_rooms(actor)), parameters)]


@cache
def _rooms(reachable: Select[UUID]) -> Select[UUID, int]:
    project_id = bindparam("project_id", type_=HOST_ID)
    return select(Room.id, Room.last_number).where(Room.project_id == project_id, Room.id.in_(reachable))


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some messages of a room that follow one another, and when the newest of them was written."""

    room_id: UUID
    number: int
    newest: datetime | None


async def stretches(connection: AsyncConnection, searched: Sequence[SearchedRoom]) -> list[Stretch]:
    """All stretches of these rooms, that with the newest message first."""
    parameters = {"ids": [room.id for room in searched], "last_numbers": [room.last_number for room in searched]}
    return [Stretch(*row) for row in await fetch(connection, _STRETCHES, parameters)]


_room = (
    func.unnest(bindparam("ids", type_=ARRAY(Uuid)), bindparam("last_numbers", type_=ARRAY(BigInteger)))
    .table_valued(column("id", Uuid), column("last_number", BigInteger))
    .render_derived(name="room")
)
_stretch = (
    func.generate_series(0, _room.c.last_number // STRETCH)
    .table_valued(column("number", BigInteger))
    .render_derived(name="stretch")
)
_last_of_stretch = func.least(_room.c.last_number, (_stretch.c.number + 1) * STRETCH - 1)
# Not joined, so that there is no other way than to look up each.
_newest_of_stretch = (
    select(Message.created_at)
    .where(Message.room_id == _room.c.id, Message.number == _last_of_stretch)
    .correlate(_room, _stretch)
    .scalar_subquery()
)
_STRETCHES = (
    select(_room.c.id, _stretch.c.number, _newest_of_stretch.label("newest"))
    .select_from(_room)
    .join(_stretch, true())
    .order_by(literal_column("newest").desc().nulls_first())
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where words are looked up: the room's or the project's id, what the index calls it, and which stretch it is."""

    owner: UUID
    name: str
    stretch: int = 0


@dataclass(frozen=True, slots=True)
class Limit:
    """So many at most of what stands behind a spot in the order of newest first."""

    rows: int
    at: datetime
    rank: int
    id: UUID


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that matches."""

    at: datetime
    rank: int
    id: UUID


RANKS: dict[SourceKind, int] = {
    SourceKind.MESSAGE: 1,
    SourceKind.ISSUE: 2,
    SourceKind.TASK: 3,
    SourceKind.FILE: 4,
}
"""The order of what came at the same moment."""

_AT = bindparam("at", type_=TIMESTAMP)
_ROWS = bindparam("rows", type_=BigInteger)
_place = (
    func.unnest(
        bindparam("owners", type_=ARRAY(Text)),
        bindparam("stretches", type_=ARRAY(BigInteger)),
        bindparam("queries", type_=ARRAY(Text)),
    )
    .table_valued(column("owner", Text), column("stretch", BigInteger), column("query", Text))
    .render_derived(name="place")
)


async def hits(
    connection: AsyncConnection, kind: SourceKind, places: Sequence[Place], wanted: Sequence[str], limit: Limit
) -> list[Hit]:
    """What has all wanted words (the last may be a beginning) in any of the places: up to the limit, newest first."""
    parameters = {
        "owners": [str(each.owner) for each in places],
        "stretches": [each.stretch for each in places],
        "queries": [_query(each.name, wanted) for each in places],
        "rows": limit.rows,
        "at": limit.at,
        "rank": limit.rank,
        "id": limit.id,
    }
    return [Hit(row[0], RANKS[kind], row[1]) for row in await fetch(connection, _HITS[kind], parameters)]


def _query(place: str, wanted: Sequence[str]) -> str:
    """Words have no quotes in them, nor anything else that means something here: they came out of the parser."""
    return " & ".join(f"'{place} {word}'" for word in wanted) + ":*"


def _hits(
    kind: SourceKind,
    lexemes: str,
    owner: SQLColumnExpression[Any],
    at: SQLColumnExpression[Any],
    id_: SQLColumnExpression[Any],
    *conditions: ColumnElement[bool],
) -> Select[*tuple[Any, ...]]:
    spot = tuple_(_AT, bindparam("rank", type_=Integer), bindparam("id", type_=Uuid))
    found = (
        select(at.label("at"), id_.label("id"))
        .where(
            literal_column(lexemes, TSVECTOR).bool_op("@@")(cast(_place.c.query, TSQUERY)),
            # As texts, so that no other index looks like a way to read a whole room.
            cast(owner, Text) == _place.c.owner,
            tuple_(at, literal_column(str(RANKS[kind]), Integer), id_) < spot,
            *conditions,
        )
        .order_by(at.desc(), id_.desc())
        .limit(_ROWS)
        .lateral("found")
    )
    of_all = select(found.c.at, found.c.id).select_from(_place).join(found, true())
    return of_all.order_by(found.c.at.desc(), found.c.id.desc()).limit(_ROWS)


_first = aliased(Message)
_is_later = exists().where(
    _first.room_id == cast(_place.c.owner, Uuid), _first.number == _place.c.stretch * STRETCH, _first.created_at > _AT
)
_HITS: dict[SourceKind, Select[*tuple[Any, ...]]] = {
    SourceKind.MESSAGE: _hits(
        SourceKind.MESSAGE, MESSAGE_LEXEMES, Message.room_id, Message.created_at, Message.id
    ).where(~_is_later.correlate_except(_first)),
    SourceKind.ISSUE: _hits(SourceKind.ISSUE, ISSUE_LEXEMES, Issue.room_id, Issue.created_at, Issue.id),
    SourceKind.TASK: _hits(SourceKind.TASK, TASK_LEXEMES, Task.project_id, Task.created_at, Task.id),
    SourceKind.FILE: _hits(
        SourceKind.FILE, FILE_LEXEMES, File.room_id, File.shared_at, File.id, File.shared_at.is_not(None)
    ),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown of something found: its texts, and the same with marks around what matches."""

    id: UUID
    room_id: UUID | None
    client_id: HostId | None
    client_name: str | None
    author_id: HostId
    author_name: str
    title: str | None
    marked_title: str | None
    body: str | None
    marked_body: str | None


async def shown(
    connection: AsyncConnection, kind: SourceKind, ids: Sequence[UUID], wanted: Sequence[str]
) -> Mapping[UUID, Shown]:
    """What to show of these; what is gone meanwhile is left out."""
    parameters = {"ids": ids, "query": " | ".join(f"'{word}'" for word in wanted) + ":*"}
    return {row[0]: Shown(*row) for row in await fetch(connection, _SHOWN[kind], parameters)}


_Client, _Author = aliased(Account), aliased(Account)
_IDS = bindparam("ids", type_=ARRAY(Uuid))
_MARKS = f"HighlightAll=true, StartSel={START}, StopSel={STOP}"
_no_text = null().cast(Text)


def _marked(text: SQLColumnExpression[str]) -> ColumnElement[str]:
    plain = func.regexp_replace(text, SEPARATORS, " ", "g")
    query = cast(bindparam("query", type_=Text), TSQUERY)
    return func.ts_headline(literal_column("'simple'::regconfig"), plain, query, _MARKS)


def _in_room(
    model: type[Message] | type[Issue] | type[File],
    author_id: SQLColumnExpression[HostId],
    title: SQLColumnExpression[str] | None,
    body: SQLColumnExpression[str] | None,
) -> Select[*tuple[Any, ...]]:
    return (
        select(
            model.id,
            Room.id,
            Room.client_id,
            func.coalesce(_Client.display_name, NAMELESS),
            *_texts(author_id, title, body),
        )
        .select_from(model)
        .join(Room, Room.id == model.room_id)
        .outerjoin(_Client, _Client.user_id == Room.client_id)
        .outerjoin(_Author, _Author.user_id == author_id)
        .where(model.id == func.any(_IDS))
    )


def _texts(
    author_id: SQLColumnExpression[HostId],
    title: SQLColumnExpression[str] | None,
    body: SQLColumnExpression[str] | None,
) -> tuple[ColumnElement[Any], ...]:
    both = [part for each in (title, body) for part in _pair(each)]
    return (author_id, func.coalesce(_Author.display_name, NAMELESS), *both)


def _pair(text: SQLColumnExpression[str] | None) -> tuple[Any, Any]:
    return (_no_text, _no_text) if text is None else (text, _marked(text))


_SHOWN: dict[SourceKind, Select[*tuple[Any, ...]]] = {
    SourceKind.MESSAGE: _in_room(Message, Message.author_id, None, Message.body),
    SourceKind.ISSUE: _in_room(Issue, Issue.author_id, Issue.title, Issue.body),
    SourceKind.FILE: _in_room(File, File.uploader_id, File.name, None),
    SourceKind.TASK: select(
        Task.id,
        literal(None, Uuid),
        literal(None, HOST_ID),
        _no_text,
        *_texts(Task.author_id, Task.title, Task.description),
    )
    .select_from(Task)
    .outerjoin(_Author, _Author.user_id == Task.author_id)
    .where(Task.id == func.any(_IDS)),
}
