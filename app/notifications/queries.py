"""All SQL of notifications."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CompoundSelect,
    Select,
    Text,
    Uuid,
    and_,
    bindparam,
    delete,
    false,
    func,
    select,
    text,
    true,
    tuple_,
    union,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.principal import Principal
from app.core.database import fetch
from app.core.pagination import Cursor
from app.core.types import HOST_ID, TIMESTAMP, HostId
from app.mail.models import Email
from app.notifications.events import SourceKind, route_path
from app.notifications.items import NotificationItem
from app.notifications.models import EmailItem, Notification
from app.outbox.models import IS_OPEN
from app.preferences.event_types import EventType
from app.projects.access import ACTOR, actor_reaches, reaches
from app.projects.models import ProjectMember, Room
from app.push.models import Push

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


_SOURCE_KIND = bindparam("source_kind", type_=Text)
_EMAILS_TO_COME = select(Email.id).where(Email.recipient_id == ACTOR, text(IS_OPEN))


@cache
def _set_read_about(sources: Select[UUID]) -> Select[UUID]:
    """Of what is in the bell, and of what is not but would still be told by e-mail."""
    unmailed = (
        update(EmailItem)
        .where(
            EmailItem.email_id.in_(_EMAILS_TO_COME),
            EmailItem.is_read == false(),
            EmailItem.source_kind == _SOURCE_KIND,
            EmailItem.source_id.in_(sources),
        )
        .values(is_read=True)
        .cte("unmailed")
    )
    changed = (
        update(Notification)
        .where(
            Notification.recipient_user_id == ACTOR,
            Notification.is_read == false(),
            Notification.source_kind == _SOURCE_KIND,
            Notification.source_id.in_(sources),
        )
        .values(is_read=True)
        .returning(Notification.id)
        .cte("changed")
    )
    return select(changed.c.id).add_cte(unmailed)


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


_OF_PROJECT = bindparam("project_id", type_=HOST_ID)
_EVERYBODY = union(
    select(ProjectMember.user_id).where(ProjectMember.project_id == _OF_PROJECT),
    # A client who has left: what they were told waits for them as their room does.
    select(Room.client_id).where(Room.project_id == _OF_PROJECT),
)
_ONLY = select(func.unnest(bindparam("recipients", type_=ARRAY(HOST_ID))))


@cache
def _take_back(recipients: Select[HostId] | CompoundSelect[HostId]) -> Select[UUID, HostId]:
    """Waits for nobody: whoever holds one of these rows is marking it as read, or deleting it."""
    types = func.any(bindparam("types", type_=ARRAY(Text)))
    source_id = bindparam("source_id", type_=Uuid)
    unread = (
        select(Notification.id)
        .where(
            Notification.recipient_user_id.in_(recipients),
            Notification.is_read == false(),
            Notification.source_id == source_id,
            Notification.type == types,
        )
        .with_for_update(skip_locked=True)
    )
    unsent = (
        select(EmailItem.notification_id)
        .where(
            EmailItem.email_id.in_(select(Email.id).where(Email.recipient_id.in_(recipients), text(IS_OPEN))),
            EmailItem.source_id == source_id,
            EmailItem.type == types,
        )
        .with_for_update(skip_locked=True)
    )
    untold = delete(EmailItem).where(EmailItem.notification_id.in_(unsent)).cte("untold")
    changed = (
        update(Notification)
        .where(Notification.id.in_(unread))
        .values(is_read=True)
        .returning(Notification.id, Notification.recipient_user_id)
        .cte("changed")
    )
    return select(changed.c.id, changed.c.recipient_user_id).add_cte(untold)


async def take_back(
    connection: AsyncConnection,
    project_id: HostId,
    source_id: UUID,
    types: Collection[EventType],
    recipients: Sequence[HostId] | None,
) -> list[tuple[UUID, HostId]]:
    """Marks what these people, or all, were told of the source as read, and deletes what e-mails would tell of it.

    Answers the notifications that were not read, and whose they are.
    """
    statement = _take_back(_EVERYBODY if recipients is None else _ONLY)
    about = {"project_id": project_id, "source_id": source_id, "types": sorted(types), "recipients": recipients}
    return [(row[0], row[1]) for row in await fetch(connection, statement, about)]


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


_ITEMS_OF = select(Email.id).where(Email.recipient_id == bindparam("user_id", type_=HOST_ID))


async def delete_of(connection: AsyncConnection, user_id: HostId) -> None:
    """Deletes everything this person was ever told, and what is on its way to them."""
    own = {"user_id": user_id}
    await connection.execute(delete(EmailItem).where(EmailItem.email_id.in_(_ITEMS_OF)), own)
    await connection.execute(delete(Push).where(Push.recipient_id == user_id))
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
