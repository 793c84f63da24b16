"""All SQL of issues, and of what has changed in them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Select, Text, Uuid, bindparam, exists, func, select, true, tuple_, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased
from sqlalchemy.sql.dml import ReturningInsert

from app.accounts.models import Account
from app.accounts.principal import Principal
from app.core.database import fetch
from app.core.pagination import Cursor
from app.core.types import HOST_ID, TIMESTAMP, HostId
from app.issues.models import Issue, IssueChange
from app.projects.access import ACTOR, ROOM_IS_OPEN, reachable_rooms
from app.projects.models import Room, host_projects
from app.projects.preflight import HostSchema
from app.projects.queries import NAMELESS, project_name

_ISSUE_ID = bindparam("issue_id", type_=Uuid)
_ROOM_ID = bindparam("room_id", type_=Uuid)

_Client, _Person = aliased(Account), aliased(Account)
_person_name = func.coalesce(_Person.display_name, NAMELESS)


@dataclass(frozen=True, slots=True)
class StoredIssue:
    id: UUID
    project_id: HostId
    project_name: str
    room_id: UUID
    client_id: HostId
    client_name: str
    kind: str
    title: str
    body: str
    status: str
    author_id: HostId
    author_name: str
    version: int
    file_count: int
    created_at: datetime
    updated_at: datetime


def _shown(host: HostSchema) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Issue.id,
            Room.project_id,
            project_name(host),
            Issue.room_id,
            Room.client_id,
            func.coalesce(_Client.display_name, NAMELESS),
            Issue.kind,
            Issue.title,
            Issue.body,
            Issue.status,
            Issue.author_id,
            _person_name,
            Issue.version,
            Issue.file_count,
            Issue.created_at,
            Issue.updated_at,
        )
        .select_from(Issue)
        .join(Room, Room.id == Issue.room_id)
        .join(host_projects, host_projects.c.id == Room.project_id)
        .outerjoin(_Client, _Client.user_id == Room.client_id)
        .outerjoin(_Person, _Person.user_id == Issue.author_id)
    )


async def issues(
    connection: AsyncConnection,
    host: HostSchema,
    actor: Principal,
    after: Cursor | None,
    limit: int,
    filters: Mapping[str, Any],
) -> list[StoredIssue]:
    """Issues in reach, newest first. Filters: ``project_id``, ``room_id``, ``kind`` and ``statuses``."""
    parameters = {"actor_id": actor.user_id, "rows": limit} | dict(filters)
    if after is not None:
        parameters |= {"after_at": after.moment, "after_id": after.id}
    statement = _page(host, reachable_rooms(actor), frozenset(filters), is_first=after is None)
    return [StoredIssue(*row) for row in await fetch(connection, statement, parameters)]


_OF_ROOMS: dict[str, ColumnElement[bool]] = {
    "project_id": Room.project_id == bindparam("project_id", type_=HOST_ID),
    "room_id": Room.id == _ROOM_ID,
}
_OF_ISSUES: dict[str, ColumnElement[bool]] = {
    "kind": Issue.kind == bindparam("kind", type_=Text),
    "statuses": Issue.status == func.any(bindparam("statuses", type_=ARRAY(Text))),
}


@cache
def _page(
    host: HostSchema, reachable: Select[UUID], filtered: frozenset[str], *, is_first: bool
) -> Select[*tuple[Any, ...]]:
    order = (Issue.created_at.desc(), Issue.id.desc())
    rooms = select(Room.id).where(Room.id.in_(reachable), *_named(_OF_ROOMS, filtered)).subquery("rooms_in_reach")
    # The newest of each room by its index, then the newest of these: else all issues of a project would be sorted.
    own = select(Issue.id, Issue.created_at).where(Issue.room_id == rooms.c.id, *_named(_OF_ISSUES, filtered))
    if not is_first:
        place = tuple_(bindparam("after_at", type_=TIMESTAMP), bindparam("after_id", type_=Uuid))
        own = own.where(tuple_(Issue.created_at, Issue.id) < place)
    newest = own.order_by(*order).limit(bindparam("rows")).lateral("newest")
    page = (
        select(newest.c.id)
        .select_from(rooms.join(newest, true()))
        .order_by(newest.c.created_at.desc(), newest.c.id.desc())
        .limit(bindparam("rows"))
        .cte("page")
    )
    return _shown(host).join(page, page.c.id == Issue.id).order_by(*order)


def _named(conditions: Mapping[str, ColumnElement[bool]], names: frozenset[str]) -> list[ColumnElement[bool]]:
    return [condition for name, condition in conditions.items() if name in names]


async def issue(
    connection: AsyncConnection, host: HostSchema, actor: Principal, issue_id: UUID, *, is_held: bool = False
) -> StoredIssue | None:
    """The issue, if its room is in reach; when it is held, nobody else changes it until the transaction ends."""
    statement = _issue(host, reachable_rooms(actor), is_held=is_held)
    rows = await fetch(connection, statement, {"actor_id": actor.user_id, "issue_id": issue_id})
    return StoredIssue(*rows[0]) if rows else None


@cache
def _issue(host: HostSchema, reachable: Select[UUID], *, is_held: bool) -> Select[*tuple[Any, ...]]:
    statement = _shown(host).where(Issue.id == _ISSUE_ID, Room.id.in_(reachable))
    return statement.with_for_update(of=Issue) if is_held else statement


async def room_is_open(connection: AsyncConnection, actor: Principal, room_id: UUID) -> bool | None:
    """None when the room is out of reach."""
    statement = _room_is_open(reachable_rooms(actor))
    rows = await fetch(connection, statement, {"actor_id": actor.user_id, "room_id": room_id})
    return rows[0][0] if rows else None


@cache
def _room_is_open(reachable: Select[UUID]) -> Select[bool]:
    return select(ROOM_IS_OPEN).select_from(Room).where(Room.id == _ROOM_ID, Room.id.in_(reachable))


async def insert_issue(
    connection: AsyncConnection, actor: Principal, room_id: UUID, issue_id: UUID, columns: Mapping[str, Any]
) -> bool:
    """Writes an issue of a room in reach; False when the room is out of reach or closed, or the id is in use.

    Columns: ``kind``, ``title``, ``body`` and ``file_count``.
    """
    parameters = {"actor_id": actor.user_id, "room_id": room_id, "issue_id": issue_id} | dict(columns)
    return bool(await fetch(connection, _insert_issue(reachable_rooms(actor)), parameters))


@cache
def _insert_issue(reachable: Select[UUID]) -> ReturningInsert[UUID]:
    is_new = ~exists().where(Issue.id == _ISSUE_ID).correlate_except(Issue)
    values: dict[str, Any] = {
        "id": _ISSUE_ID,
        "room_id": Room.id,
        "author_id": ACTOR,
        "kind": bindparam("kind", type_=Text),
        "title": bindparam("title", type_=Text),
        "body": bindparam("body", type_=Text),
        "file_count": bindparam("file_count", type_=Integer),
        # One moment, so that nothing looks changed that never was.
        "created_at": func.statement_timestamp(),
        "updated_at": func.statement_timestamp(),
    }
    content = select(*values.values()).where(Room.id == _ROOM_ID, Room.id.in_(reachable), ROOM_IS_OPEN, is_new)
    return insert(Issue).from_select(list(values), content).returning(Issue.id)


_CHANGE_ISSUE = (
    update(Issue)
    .where(Issue.id == _ISSUE_ID)
    .values(
        title=bindparam("title", type_=Text),
        body=bindparam("body", type_=Text),
        status=bindparam("status", type_=Text),
        version=Issue.version + 1,
        updated_at=func.clock_timestamp(),
    )
    .returning(Issue.version)
)


async def change_issue(connection: AsyncConnection, held: StoredIssue, changes: Mapping[str, str]) -> int:
    """Changes an issue that is held; answers its new version. Changes: ``title``, ``body`` and ``status``."""
    before = {"title": held.title, "body": held.body, "status": held.status}
    return int((await fetch(connection, _CHANGE_ISSUE, {"issue_id": held.id} | before | dict(changes)))[0][0])


_INSERT_CHANGE = (
    insert(IssueChange)
    .values(
        issue_id=_ISSUE_ID,
        version=bindparam("version", type_=Integer),
        actor_id=ACTOR,
        changes=bindparam("changes", type_=JSONB),
        reason=bindparam("reason", type_=Text),
    )
    .returning(IssueChange.version)
)


async def insert_change(
    connection: AsyncConnection,
    actor: Principal,
    held: StoredIssue,
    version: int,
    changes: Mapping[str, str],
    reason: str | None,
) -> None:
    """Writes down what of a held issue becomes another with this version."""
    fields = {field: {"before": getattr(held, field), "after": value} for field, value in changes.items()}
    parameters = {
        "issue_id": held.id,
        "version": version,
        "actor_id": actor.user_id,
        "changes": json.dumps(fields),
        "reason": reason,
    }
    await fetch(connection, _INSERT_CHANGE, parameters)


@dataclass(frozen=True, slots=True)
class StoredChange:
    """The version that a change led to, each field as it was and as it became, and why."""

    version: int
    actor_id: HostId
    actor_name: str
    fields: dict[str, dict[str, str]]
    reason: str | None
    at: datetime


_CHANGES = (
    select(
        IssueChange.version,
        IssueChange.actor_id,
        _person_name,
        IssueChange.changes,
        IssueChange.reason,
        IssueChange.at,
    )
    .select_from(IssueChange)
    .outerjoin(_Person, _Person.user_id == IssueChange.actor_id)
    .where(IssueChange.issue_id == _ISSUE_ID)
    .order_by(IssueChange.version)
)
_HISTORY = _CHANGES.where(IssueChange.changes.has_key("status"))
_CHANGES_SINCE = _CHANGES.where(IssueChange.version > bindparam("version", type_=Integer))


async def history(connection: AsyncConnection, issue_id: UUID) -> list[StoredChange]:
    """How the status of an issue has changed, oldest first; whoever asks reaches the issue."""
    return [StoredChange(*row) for row in await fetch(connection, _HISTORY, {"issue_id": issue_id})]


async def changes_since(connection: AsyncConnection, issue_id: UUID, version: int) -> list[StoredChange]:
    """What has changed since the issue had that version, oldest first; whoever asks reaches the issue."""
    rows = await fetch(connection, _CHANGES_SINCE, {"issue_id": issue_id, "version": version})
    return [StoredChange(*row) for row in rows]
