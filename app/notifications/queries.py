"""All SQL of notifications."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    Uuid,
    and_,
    bindparam,
    cast,
    false,
    func,
    literal,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.principal import Principal
from app.core.pagination import Cursor
from app.core.types import HOST_ID, HostId
from app.notifications.events import Event
from app.notifications.models import Notification, NotificationSettings
from app.projects.access import reachable_projects, reaches
from app.projects.models import ProjectMember


@dataclass(frozen=True, slots=True)
class StoredNotification:
    """A row as its recipient sees it."""

    id: UUID
    project_id: HostId
    type: str
    source_kind: str
    source_id: UUID
    title: str
    body: str | None
    is_read: bool
    created_at: datetime


_ITEM = (
    Notification.id,
    Notification.project_id,
    Notification.type,
    Notification.source_kind,
    Notification.source_id,
    Notification.title,
    Notification.body,
    Notification.is_read,
    Notification.created_at,
)


@dataclass(frozen=True, slots=True)
class Told:
    """A notification that has just been made."""

    id: UUID
    recipient_user_id: HostId


async def insert_for_members(connection: AsyncConnection, event: Event) -> list[Told]:
    """One notification for each member whom the event's rule names, except who did it."""
    recipients = select(ProjectMember.user_id).where(
        ProjectMember.project_id == event.project_id,
        ProjectMember.role.in_(sorted(event.rule.told)),
        ProjectMember.user_id.is_distinct_from(event.actor_id),
    )
    return await _insert(connection, event, recipients)


async def insert_for(connection: AsyncConnection, event: Event, recipient_id: HostId) -> list[Told]:
    """One notification for this recipient; none if they have it already."""
    return await _insert(connection, event, select(literal(recipient_id, HOST_ID).label("user_id")))


async def _insert(connection: AsyncConnection, event: Event, recipients: Select[HostId]) -> list[Told]:
    recipient = recipients.subquery().c.user_id
    values: dict[str, ColumnElement[Any]] = {
        "id": _event_id(event, recipient),
        "project_id": literal(event.project_id, HOST_ID),
        "recipient_user_id": recipient,
        "type": literal(event.type.value, Text),
        "source_kind": literal(event.rule.source_kind.value, Text),
        "source_id": literal(event.source_id, Uuid),
        "title": literal(event.title, Text),
        "body": literal(event.body, Text),
    }
    statement = (
        insert(Notification)
        .from_select(list(values), select(*values.values()))
        .on_conflict_do_nothing(index_elements=[Notification.id])
        .returning(Notification.id, Notification.recipient_user_id)
    )
    return [Told(*row) for row in (await connection.execute(statement)).all()]


def _event_id(event: Event, recipient: ColumnElement[HostId]) -> ColumnElement[UUID]:
    """The id of this event's notification for a recipient: the same whenever, and by whomever, it is computed."""
    name = func.concat(literal(event.key, Text), ":", cast(recipient, Text))
    digest = func.encode(func.sha256(func.convert_to(name, "UTF8")), "hex")
    return cast(func.left(digest, 32), Uuid)


def _own(actor: Principal) -> ColumnElement[bool]:
    return and_(
        Notification.recipient_user_id == actor.user_id,
        Notification.project_id.in_(reachable_projects(actor)),
    )


async def notifications(
    connection: AsyncConnection,
    actor: Principal,
    filters: Mapping[str, Any],
    after: Cursor | None,
    limit: int,
) -> list[StoredNotification]:
    """The actor's notifications, newest first, whose columns equal the filters."""
    newest_first = (Notification.created_at.desc(), Notification.id.desc())
    statement = select(*_ITEM).where(_own(actor)).order_by(*newest_first).limit(limit)
    statement = statement.where(*(getattr(Notification, column) == value for column, value in filters.items()))
    if after is not None:
        statement = statement.where(
            tuple_(Notification.created_at, Notification.id) < tuple_(literal(after.moment), literal(after.id))
        )
    return [StoredNotification(*row) for row in (await connection.execute(statement)).all()]


async def set_read(connection: AsyncConnection, actor: Principal, notification_id: UUID) -> bool | None:
    """Whether it was unread until now; None when the actor has no such notification."""
    before = (
        select(Notification.id, Notification.is_read)
        .where(_own(actor), Notification.id == notification_id)
        .with_for_update()
        .cte("before")
    )
    change = (
        update(Notification)
        .where(Notification.id == before.c.id, before.c.is_read.is_(False))
        .values(is_read=True)
        .returning(Notification.id)
        .cte("change")
    )
    row = (await connection.execute(select(before.c.is_read).add_cte(change))).one_or_none()
    return None if row is None else not row.is_read


async def set_all_read(connection: AsyncConnection, user_id: HostId, until: datetime | None, limit: int) -> int:
    """Marks at most ``limit`` unread ones made until then (until now, when None); answers how many."""
    unread = (
        select(Notification.id)
        .where(
            Notification.recipient_user_id == user_id,
            Notification.is_read == false(),
            Notification.created_at <= (func.now() if until is None else until),
        )
        .limit(limit)
        .with_for_update()
    )
    result = await connection.execute(update(Notification).where(Notification.id.in_(unread)).values(is_read=True))
    return result.rowcount


async def now(connection: AsyncConnection) -> datetime:
    return (await connection.execute(select(func.now()))).scalar_one()


_recipients = (
    func.unnest(bindparam("recipients", type_=ARRAY(HOST_ID))).table_valued("id", name="recipients").render_derived()
)
_unread_count = (
    select(func.count())
    .select_from(Notification)
    .where(
        Notification.recipient_user_id == _recipients.c.id,
        Notification.is_read == false(),
        reaches(Notification.recipient_user_id, Notification.project_id),
    )
    .correlate(_recipients)
    .scalar_subquery()
)
_UNREAD_COUNTS = select(_recipients.c.id, _unread_count)
_NEWS = select(_recipients.c.id, _unread_count, *_ITEM).select_from(
    _recipients.outerjoin(
        Notification,
        and_(
            Notification.recipient_user_id == _recipients.c.id,
            Notification.id == func.any(bindparam("ids", type_=ARRAY(Uuid))),
            reaches(Notification.recipient_user_id, Notification.project_id),
        ),
    )
)


async def unread_counts(connection: AsyncConnection, recipients: Iterable[HostId]) -> dict[HostId, int]:
    """How many unread notifications each has, of projects they reach."""
    rows = await connection.execute(_UNREAD_COUNTS, {"recipients": list(recipients)})
    return {row[0]: row[1] for row in rows}


@dataclass(slots=True)
class News:
    """What one recipient has now: the count, and those of the asked-for notifications that are theirs."""

    unread_count: int
    items: dict[UUID, StoredNotification]


async def news(connection: AsyncConnection, recipients: Sequence[HostId], ids: Sequence[UUID]) -> dict[HostId, News]:
    """Counts and items of many recipients as of one moment, in one statement."""
    found: dict[HostId, News] = {}
    for recipient, count, *item in await connection.execute(_NEWS, {"recipients": recipients, "ids": ids}):
        entry = found.setdefault(recipient, News(count, {}))
        if item[0] is not None:
            entry.items[item[0]] = StoredNotification(*item)
    return found


async def unread_by_project(
    connection: AsyncConnection, actor: Principal, project_ids: Sequence[HostId]
) -> dict[HostId, int]:
    statement = (
        select(Notification.project_id, func.count())
        .where(_own(actor), Notification.is_read == false(), Notification.project_id.in_(project_ids))
        .group_by(Notification.project_id)
    )
    return {row[0]: row[1] for row in (await connection.execute(statement)).all()}


@dataclass(frozen=True, slots=True)
class StoredSettings:
    """How a person wants to be told; the defaults are the table's."""

    email_enabled: bool = False
    push_enabled: bool = False
    realtime_enabled: bool = True


async def settings(connection: AsyncConnection, user_id: HostId) -> StoredSettings:
    columns = (
        NotificationSettings.email_enabled,
        NotificationSettings.push_enabled,
        NotificationSettings.realtime_enabled,
    )
    row = (
        await connection.execute(select(*columns).where(NotificationSettings.recipient_user_id == user_id))
    ).one_or_none()
    return StoredSettings() if row is None else StoredSettings(*row)


async def change_settings(connection: AsyncConnection, user_id: HostId, changes: Mapping[str, bool]) -> None:
    """Sets the given ones and leaves the others as they are."""
    statement = insert(NotificationSettings).values(recipient_user_id=user_id, **changes)
    conflict = [NotificationSettings.recipient_user_id]
    await connection.execute(
        statement.on_conflict_do_update(index_elements=conflict, set_=dict(changes))
        if changes
        else statement.on_conflict_do_nothing(index_elements=conflict)
    )
