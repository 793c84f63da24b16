"""SQL by which people are told of an event: one statement for bells, e-mails and pushes."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CTE,
    CompoundSelect,
    Interval,
    Select,
    Text,
    Uuid,
    and_,
    bindparam,
    case,
    cast,
    exists,
    false,
    func,
    literal_column,
    not_,
    or_,
    select,
    true,
    union,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.models import Account
from app.core.database import fetch
from app.core.types import HOST_ID, HostId
from app.mail.models import Email
from app.notifications.events import Event
from app.notifications.models import EmailItem, Notification
from app.preferences.models import Digest, MutedProject, NotificationChoice, NotificationSettings, NotificationTimes
from app.projects.access import FITS_PART, REACHES_ALL
from app.projects.models import ProjectMember, Room
from app.projects.roles import MemberRole
from app.push.models import Push, PushSubscription


@dataclass(frozen=True, slots=True)
class Told:
    """A notification that has just been made."""

    id: UUID
    recipient_user_id: HostId


_CLIENT = bindparam("client_id", type_=HOST_ID)
_PROJECT = bindparam("project_id", type_=HOST_ID)
_TYPE = bindparam("type", type_=Text)
_CONTENT = {
    "project_id": _PROJECT,
    "type": _TYPE,
    "source_kind": bindparam("source_kind", type_=Text),
    "source_id": bindparam("source_id", type_=Uuid),
    "title": bindparam("title", type_=Text),
    "body": bindparam("body", type_=Text),
}
_QUIET = bindparam("quiet", type_=Interval)
_DUE_AT = func.clock_timestamp() + _QUIET
_IS_TOLD_ELSEWHERE = _QUIET.is_not(None)


def _told_to(recipients: Select[HostId] | CompoundSelect[HostId]) -> Select[UUID, HostId]:
    """Tells each of these people of an event, by the channels they want; who knows of it already hears nothing.

    Answers the notifications that are new in bells.
    """
    told = _with_channels(recipients)
    rung = (
        insert(Notification)
        .from_select(
            ["id", "recipient_user_id", *_CONTENT],
            select(told.c.id, told.c.user_id, *_CONTENT.values()).where(told.c.bell),
        )
        .on_conflict_do_nothing(index_elements=[Notification.id])
        .returning(Notification.id, Notification.recipient_user_id)
        .cte("rung")
    )
    is_rung = exists().where(rung.c.id == told.c.id)
    is_unheard_of = and_(
        not_(told.c.bell),
        ~exists().where(Notification.id == told.c.id),
        ~exists().where(EmailItem.notification_id == told.c.id),
    )
    mailed = _joined_or_made(
        select(told.c.user_id, told.c.thread, _DUE_AT).where(
            _IS_TOLD_ELSEWHERE, told.c.email, or_(is_rung, is_unheard_of)
        )
    )
    items = insert(EmailItem).from_select(
        ["notification_id", "email_id", *_CONTENT],
        select(told.c.id, mailed.c.id, *_CONTENT.values()).join(mailed, mailed.c.recipient_id == told.c.user_id),
    )
    pushed = insert(Push).from_select(
        ["id", "recipient_id", "due_at"],
        select(told.c.id, told.c.user_id, func.clock_timestamp()).where(_IS_TOLD_ELSEWHERE, told.c.push, is_rung),
    )
    return select(rung.c.id, rung.c.recipient_user_id).add_cte(
        items.on_conflict_do_nothing().cte("items"), pushed.on_conflict_do_nothing().cte("pushed")
    )


def _joined_or_made(emails: Select[HostId, UUID, Any]) -> CTE:
    """The waiting e-mail of each of these people and threads. When it is due is up to who was the first to need it."""
    made = insert(Email).from_select(["recipient_id", "thread", "due_at"], emails)
    return (
        made.on_conflict_do_update(
            index_elements=[Email.recipient_id, Email.thread],
            index_where=Email.state == literal_column("'waiting'"),
            # Changes nothing, but holds the row: a worker leaves it alone until what joins it is there.
            set_={"due_at": Email.due_at},
        )
        .returning(Email.id, Email.recipient_id)
        .cte("mailed")
    )


def _with_channels(recipients: Select[HostId] | CompoundSelect[HostId]) -> CTE:
    """Each recipient with the id of their notification, the channels they want, and the thread of their e-mail.

    Without those who have muted the project.
    """
    user_id = recipients.subquery("recipients").c.user_id
    # The id is the same whenever, and by whomever, an event's notification for this recipient is made.
    name = func.concat(bindparam("key", type_=Text), ":", cast(user_id, Text))
    digest = func.encode(func.sha256(func.convert_to(name, "UTF8")), "hex")
    has_account = exists().where(Account.user_id == user_id, Account.is_active).correlate_except(Account)
    has_browser = exists().where(PushSubscription.user_id == user_id).correlate_except(PushSubscription)
    has_muted = exists().where(MutedProject.user_id == user_id, MutedProject.project_id == _PROJECT)
    room = (
        select(Room.id)
        .where(Room.project_id == _PROJECT, Room.client_id == func.coalesce(_CLIENT, user_id))
        .correlate_except(Room)
        .scalar_subquery()
    )
    wants_email = func.coalesce(NotificationSettings.email_enabled, false())
    wants_push = func.coalesce(NotificationSettings.push_enabled, false())
    wants_digest = func.coalesce(NotificationTimes.digest, Digest.AT_ONCE.value) != Digest.AT_ONCE.value
    return (
        select(
            user_id,
            cast(func.left(digest, 32), Uuid).label("id"),
            func.coalesce(NotificationChoice.bell, true()).label("bell"),
            and_(wants_email, func.coalesce(NotificationChoice.email, true()), has_account).label("email"),
            and_(wants_push, has_browser).label("push"),
            case((wants_digest, user_id), else_=func.coalesce(room, _PROJECT)).label("thread"),
        )
        .outerjoin_from(user_id.table, NotificationSettings, NotificationSettings.recipient_user_id == user_id)
        .outerjoin(NotificationTimes, NotificationTimes.user_id == user_id)
        .outerjoin(NotificationChoice, and_(NotificationChoice.user_id == user_id, NotificationChoice.type == _TYPE))
        .where(~has_muted.correlate_except(MutedProject))
        # Two events at once must take the e-mails that they both join in one order.
        .order_by(user_id)
        .cte("told")
    )


_ONLY_DEVELOPER = bindparam("developer_id", type_=HOST_ID)
_EVENT_ACTOR = bindparam("event_actor", type_=HOST_ID)
_MEMBERS_TOLD = (
    select(ProjectMember.user_id)
    .outerjoin(Account, Account.user_id == ProjectMember.user_id)
    .where(
        FITS_PART,
        ProjectMember.project_id == _PROJECT,
        ProjectMember.role == func.any(bindparam("told", type_=ARRAY(Text))),
        or_(
            ProjectMember.role != MemberRole.CLIENT,
            _CLIENT.is_(None),
            ProjectMember.user_id == _CLIENT,
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


async def insert_for_members(connection: AsyncConnection, event: Event, quiet: timedelta | None) -> list[Told]:
    """Tells each member whom the event's rule names, except who did it.

    E-mail waits for so long for more to tell; with None only bells ring.
    """
    who = {"told": sorted(event.told), "developer_id": event.developer_id, "event_actor": event.actor_id}
    return [Told(*row) for row in await fetch(connection, _TELL_MEMBERS, _parameters(event, quiet) | who)]


async def insert_for(connection: AsyncConnection, event: Event, recipient_id: HostId, quiet: timedelta) -> list[Told]:
    """Tells this recipient, unless they know of it already."""
    who = {"recipient": recipient_id}
    return [Told(*row) for row in await fetch(connection, _TELL_ONE, _parameters(event, quiet) | who)]


def _parameters(event: Event, quiet: timedelta | None) -> dict[str, Any]:
    return {
        "key": event.key,
        "project_id": event.project_id,
        "client_id": event.client_id,
        "type": event.type.value,
        "source_kind": event.source_kind.value,
        "source_id": event.source_id,
        "title": event.title,
        "body": event.body,
        "quiet": quiet,
    }
