"""All SQL of notifications."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    Text,
    Uuid,
    and_,
    bindparam,
    cast,
    delete,
    false,
    func,
    or_,
    select,
    true,
    tuple_,
    union,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import ReturningInsert, ReturningUpdate

from app.accounts.models import Account
from app.accounts.principal import Principal
from app.core.database import fetch
from app.core.pagination import Cursor
from app.core.types import HOST_ID, TIMESTAMP, HostId
from app.notifications.events import Event, SourceKind, route_path
from app.notifications.items import NotificationItem
from app.notifications.models import Notification, NotificationSettings
from app.projects.access import ACTOR, FITS_PART, REACHES_ALL, actor_reaches, reaches
from app.projects.models import ProjectMember
from app.projects.roles import MemberRole

_ITEM = (
    Notification.id,
    Notification.title,
    Notification.body,
    Notification.type,
    Notification.project_id,
    Notification.source_kind,
    Notification.source_id,
    Notification.created_at,
    Notification.is_read,
)


def _item(columns: Sequence[Any]) -> NotificationItem:
    id_, title, body, type_, project_id, source_kind, source_id, created_at, is_read = columns
    path = route_path(project_id, source_kind, source_id)
    return NotificationItem(id_, title, body, type_, project_id, source_kind, source_id, created_at, is_read, path)


@dataclass(frozen=True, slots=True)
class Told:
    """A notification that has just been made."""

    id: UUID
    recipient_user_id: HostId


def _told_to(recipients: Select[HostId] | CompoundSelect[HostId]) -> ReturningInsert[UUID, HostId]:
    """Inserts one notification of an event for each recipient who does not have it yet."""
    recipient = recipients.subquery().c.user_id
    # The id is the same whenever, and by whomever, an event's notification for this recipient is made.
    name = func.concat(bindparam("key", type_=Text), ":", cast(recipient, Text))
    digest = func.encode(func.sha256(func.convert_to(name, "UTF8")), "hex")
    values: dict[str, ColumnElement[Any]] = {
        "id": cast(func.left(digest, 32), Uuid),
        "recipient_user_id": recipient,
        "project_id": bindparam("project_id", type_=HOST_ID),
        "type": bindparam("type", type_=Text),
        "source_kind": bindparam("source_kind", type_=Text),
        "source_id": bindparam("source_id", type_=Uuid),
        "title": bindparam("title", type_=Text),
        "body": bindparam("body", type_=Text),
    }
    return (
        insert(Notification)
        .from_select(list(values), select(*values.values()))
        .on_conflict_do_nothing(index_elements=[Notification.id])
        .returning(Notification.id, Notification.recipient_user_id)
    )


_ONLY_DEVELOPER = bindparam("developer_id", type_=HOST_ID)
_EVENT_ACTOR = bindparam("event_actor", type_=HOST_ID)
_MEMBERS_TOLD = (
    select(ProjectMember.user_id)
    .outerjoin(Account, Account.user_id == ProjectMember.user_id)
    .where(
        FITS_PART,
        ProjectMember.project_id == bindparam("project_id"),
        ProjectMember.role == func.any(bindparam("told", type_=ARRAY(Text))),
        or_(
            ProjectMember.role != MemberRole.CLIENT,
            bindparam("client_id", type_=HOST_ID).is_(None),
            ProjectMember.user_id == bindparam("client_id", type_=HOST_ID),
        ),
        or_(
            ProjectMember.role != MemberRole.DEVELOPER,
            _ONLY_DEVELOPER.is_(None),
            ProjectMember.user_id == _ONLY_DEVELOPER,
        ),
        ProjectMember.user_id.is_distinct_from(_EVENT_ACTOR),
    )
)
_ADMIN_TOLD = select(Account.user_id).where(
    Account.user_id == _ONLY_DEVELOPER, REACHES_ALL, Account.user_id.is_distinct_from(_EVENT_ACTOR)
)
_TELL_MEMBERS = _told_to(union(_MEMBERS_TOLD, _ADMIN_TOLD))
_TELL_ONE = _told_to(select(bindparam("recipient", type_=HOST_ID).label("user_id")))


async def insert_for_members(connection: AsyncConnection, event: Event) -> list[Told]:
    """One notification for each member whom the event's rule names, except who did it."""
    who = {
        "told": sorted(event.told),
        "client_id": event.client_id,
        "developer_id": event.developer_id,
        "event_actor": event.actor_id,
    }
    return [Told(*row) for row in await fetch(connection, _TELL_MEMBERS, _columns(event) | who)]


async def insert_for(connection: AsyncConnection, event: Event, recipient_id: HostId) -> list[Told]:
    """One notification for this recipient; none if they have it already."""
    who = {"recipient": recipient_id}
    return [Told(*row) for row in await fetch(connection, _TELL_ONE, _columns(event) | who)]


def _columns(event: Event) -> dict[str, Any]:
    return {
        "key": event.key,
        "project_id": event.project_id,
        "type": event.type.value,
        "source_kind": event.source_kind.value,
        "source_id": event.source_id,
        "title": event.title,
        "body": event.body,
    }


_OWN = and_(Notification.recipient_user_id == ACTOR, actor_reaches(Notification.project_id))


async def notifications(
    connection: AsyncConnection, actor: Principal, filters: Mapping[str, Any], after: Cursor | None, limit: int
) -> list[NotificationItem]:
    """The actor's notifications, newest first, whose columns equal the filters."""
    parameters = {"actor_id": actor.user_id, "rows": limit} | dict(filters)
    if after is not None:
        parameters |= {"after_at": after.moment, "after_id": after.id}
    statement = _page(frozenset(filters), is_first=after is None)
    return [_item(row) for row in await fetch(connection, statement, parameters)]


@cache
def _page(filtered: frozenset[str], *, is_first: bool) -> Select[*tuple[Any, ...]]:
    statement = select(*_ITEM).where(_OWN)
    for column in sorted(filtered):
        statement = statement.where(getattr(Notification, column) == bindparam(column))
    if not is_first:
        place = tuple_(bindparam("after_at", type_=TIMESTAMP), bindparam("after_id", type_=Uuid))
        statement = statement.where(tuple_(Notification.created_at, Notification.id) < place)
    return statement.order_by(Notification.created_at.desc(), Notification.id.desc()).limit(bindparam("rows"))


_before = (
    select(Notification.id, Notification.is_read)
    .where(_OWN, Notification.id == bindparam("notification_id"))
    .with_for_update()
    .cte("before")
)
_change = (
    update(Notification)
    .where(Notification.id == _before.c.id, _before.c.is_read.is_(False))
    .values(is_read=True)
    .returning(Notification.id)
    .cte("change")
)
_SET_READ = select(_before.c.is_read).add_cte(_change)


async def set_read(connection: AsyncConnection, actor: Principal, notification_id: UUID) -> bool | None:
    """Whether it was unread until now; None when the actor has no such notification."""
    rows = await fetch(connection, _SET_READ, {"actor_id": actor.user_id, "notification_id": notification_id})
    return not rows[0]["is_read"] if rows else None


@cache
def _set_read_about(sources: Select[UUID]) -> ReturningUpdate[UUID]:
    return (
        update(Notification)
        .where(
            Notification.recipient_user_id == ACTOR,
            Notification.is_read == false(),
            Notification.source_kind == bindparam("source_kind", type_=Text),
            Notification.source_id.in_(sources),
        )
        .values(is_read=True)
        .returning(Notification.id)
    )


async def set_read_about(
    connection: AsyncConnection,
    actor_id: HostId,
    source_kind: SourceKind,
    sources: Select[UUID],
    parameters: Mapping[str, Any],
) -> list[UUID]:
    """Marks the person's notifications about these sources as read; answers which were not.

    ``sources`` is a statement that is built once, with parameters of its own.
    """
    own = {"actor_id": actor_id, "source_kind": source_kind.value}
    return [row[0] for row in await fetch(connection, _set_read_about(sources), {**parameters, **own})]


ONE_SOURCE = select(bindparam("source_id", type_=Uuid))
"""Of ``set_read_about``: the one thing with this id. Takes ``source_id``."""


_some_unread = (
    select(Notification.id)
    .where(_OWN, Notification.is_read == false(), Notification.created_at <= bindparam("until", type_=TIMESTAMP))
    .limit(bindparam("most"))
    .with_for_update()
)
_SET_ALL_READ = (
    update(Notification).where(Notification.id.in_(_some_unread)).values(is_read=True).returning(Notification.id)
)


async def set_all_read(connection: AsyncConnection, actor: Principal, until: datetime, most: int) -> int:
    """Marks at most so many of the actor's unread ones that were made until then; answers how many."""
    parameters = {"actor_id": actor.user_id, "until": until, "most": most}
    return len(await fetch(connection, _SET_ALL_READ, parameters))


async def delete_of(connection: AsyncConnection, user_id: HostId) -> None:
    """Deletes everything this person was ever told."""
    await connection.execute(delete(Notification).where(Notification.recipient_user_id == user_id))


async def now(connection: AsyncConnection) -> datetime:
    return (await connection.execute(select(func.now()))).scalar_one()


_recipients = func.unnest(bindparam("recipients", type_=ARRAY(HOST_ID))).table_valued("id").render_derived()
_theirs = and_(
    Notification.recipient_user_id == _recipients.c.id,
    reaches(_recipients.c.id, Notification.project_id),
)
_unread_count = (
    select(func.count())
    .select_from(Notification)
    .where(_theirs, Notification.is_read == false())
    .correlate(_recipients)
    .scalar_subquery()
)
_news = (
    select(*_ITEM)
    .where(_theirs, Notification.id == func.any(bindparam("ids", type_=ARRAY(Uuid))))
    .correlate(_recipients)
    .lateral()
)
_UNREAD_COUNTS = select(_recipients.c.id, _unread_count)
_NEWS = select(_recipients.c.id, _unread_count, *_news.c).select_from(_recipients.outerjoin(_news, true()))


async def unread_counts(connection: AsyncConnection, recipients: Iterable[HostId]) -> dict[HostId, int]:
    """How many unread notifications each has, of projects they reach."""
    rows = await fetch(connection, _UNREAD_COUNTS, {"recipients": list(recipients)})
    return {row[0]: row[1] for row in rows}


@dataclass(slots=True)
class News:
    """What one recipient has now: the count, and those of the asked-for notifications that are theirs."""

    unread_count: int
    items: dict[UUID, NotificationItem]


async def news(connection: AsyncConnection, recipients: Sequence[HostId], ids: Sequence[UUID]) -> dict[HostId, News]:
    """Counts and items of many recipients as of one moment, in one statement."""
    found: dict[HostId, News] = {}
    for recipient, count, *item in await fetch(connection, _NEWS, {"recipients": recipients, "ids": ids}):
        entry = found.setdefault(recipient, News(count, {}))
        if item[0] is not None:
            entry.items[item[0]] = _item(item)
    return found


async def unread_by_project(
    connection: AsyncConnection, actor: Principal, project_ids: Sequence[HostId]
) -> dict[HostId, int]:
    statement = (
        select(Notification.project_id, func.count())
        .where(_OWN, Notification.is_read == false(), Notification.project_id.in_(project_ids))
        .group_by(Notification.project_id)
    )
    return {row[0]: row[1] for row in await connection.execute(statement, {"actor_id": actor.user_id})}


@dataclass(frozen=True, slots=True)
class StoredSettings:
    """How a person wants to be told; the defaults are the table's."""

    email_enabled: bool = False
    push_enabled: bool = False
    realtime_enabled: bool = True


_SETTINGS = select(
    NotificationSettings.email_enabled,
    NotificationSettings.push_enabled,
    NotificationSettings.realtime_enabled,
).where(NotificationSettings.recipient_user_id == bindparam("user_id"))


async def settings(connection: AsyncConnection, user_id: HostId) -> StoredSettings:
    rows = await fetch(connection, _SETTINGS, {"user_id": user_id})
    return StoredSettings(*rows[0]) if rows else StoredSettings()


async def change_settings(connection: AsyncConnection, user_id: HostId, changes: Mapping[str, bool]) -> None:
    """Sets the given ones and leaves the others as they are."""
    statement = insert(NotificationSettings).values(recipient_user_id=user_id, **changes)
    conflict = [NotificationSettings.recipient_user_id]
    await connection.execute(
        statement.on_conflict_do_update(index_elements=conflict, set_=dict(changes))
        if changes
        else statement.on_conflict_do_nothing(index_elements=conflict)
    )
