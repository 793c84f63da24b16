"""SQL of what is to be judged before it is sent: e-mails that are due, and what each of them tells."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Select, Uuid, and_, bindparam, case, exists, false, func, not_, or_, select, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from app.accounts.models import Account
from app.accounts.roles import Role
from app.core.database import fetch
from app.core.types import TIMESTAMP, HostId
from app.mail.models import Email, Suppression
from app.notifications.events import SNIPPET
from app.notifications.models import EmailItem, Notification
from app.preferences.models import MutedProject, NotificationChoice, NotificationSettings, NotificationTimes
from app.presence.models import Visibility
from app.projects.access import MAY_BE_TOLD
from app.projects.models import ProjectMember, Room, host_projects
from app.projects.preflight import HostSchema
from app.projects.queries import project_name


@dataclass(frozen=True, slots=True)
class DueEmail:
    """An e-mail, and how its recipient stands and wants it at this moment. ``address`` is None without an account.

    ``is_to_client`` unless the recipient is known to be of the team. ``client_name`` is whose room it is about, if it
    is about another's.
    """

    id: UUID
    recipient_id: HostId
    thread: UUID
    created_at: datetime
    address: str | None
    name: str | None
    is_active: bool
    is_to_client: bool
    is_wanted: bool
    is_suppressed: bool
    digest: str | None
    time_zone: str | None
    quiet_from: time | None
    quiet_to: time | None
    visible_until: datetime | None
    client_name: str | None


TOO_OLD = timedelta(days=3)
"""After so long nobody wants to hear of something as news."""


class Against(StrEnum):
    """Why one thing is not told; of several reasons the first."""

    READ = "read already"
    NO_ACCESS = "access has ended"
    MUTED = "the project is muted"
    NOT_WANTED = "e-mail of this type is switched off"
    TOO_OLD = "older than three days"


@dataclass(frozen=True, slots=True)
class DueItem:
    """One thing that an e-mail tells."""

    type: str
    project_id: HostId
    source_kind: str
    source_id: UUID
    title: str
    body: str | None
    created_at: datetime
    project_name: str


@dataclass(frozen=True, slots=True)
class Tally:
    """How many things of one type an e-mail tells of one project."""

    type: str
    project_id: HostId
    project_name: str
    number: int


@dataclass(frozen=True, slots=True)
class Contents:
    """What an e-mail would tell at this moment: how much in all, and the latest of it, oldest first.

    ``against`` is why the rest of what was put into it is not told.
    """

    latest: list[DueItem] = field(default_factory=list)
    tallies: list[Tally] = field(default_factory=list)
    against: set[Against] = field(default_factory=set)


IS_TO_CLIENT = func.coalesce(Account.role == Role.CLIENT.value, true())
_IDS = bindparam("ids", type_=ARRAY(Uuid))
_client = aliased(Account)
_DUE = (
    select(
        Email.id,
        Email.recipient_id,
        Email.thread,
        Email.created_at,
        Account.email,
        Account.display_name,
        func.coalesce(Account.is_active, false()),
        IS_TO_CLIENT,
        func.coalesce(NotificationSettings.email_enabled, false()),
        exists().where(Suppression.address == func.lower(Account.email)).correlate_except(Suppression),
        NotificationTimes.digest,
        NotificationTimes.time_zone,
        NotificationTimes.quiet_from,
        NotificationTimes.quiet_to,
        Visibility.visible_until,
        _client.display_name,
    )
    .select_from(Email)
    .outerjoin(Account, Account.user_id == Email.recipient_id)
    .outerjoin(NotificationSettings, NotificationSettings.recipient_user_id == Email.recipient_id)
    .outerjoin(NotificationTimes, NotificationTimes.user_id == Email.recipient_id)
    .outerjoin(Visibility, Visibility.user_id == Email.recipient_id)
    .outerjoin(Room, and_(Room.id == Email.thread, Room.client_id != Email.recipient_id))
    .outerjoin(_client, _client.user_id == Room.client_id)
    .where(Email.id == func.any(_IDS))
)


async def due_emails(connection: AsyncConnection, ids: Sequence[UUID]) -> list[DueEmail]:
    """Those of the e-mails that there are."""
    return [DueEmail(*row) for row in await fetch(connection, _DUE, {"ids": ids})]


async def due_contents(
    connection: AsyncConnection, host: HostSchema, ids: Sequence[UUID], now: datetime, most: int
) -> dict[UUID, Contents]:
    """What each of the e-mails would tell, so many things of it at most; those without anything are left out."""
    found: dict[UUID, Contents] = {}
    parameters = {"ids": ids, "old": now - TOO_OLD, "most": most}
    for email_id, against, number, is_first, is_shown, *item in await fetch(connection, _contents(host), parameters):
        contents = found.setdefault(email_id, Contents())
        each = DueItem(*item)
        if against is not None:
            contents.against.add(Against(against))
            continue
        if is_first:
            contents.tallies.append(Tally(each.type, each.project_id, each.project_name, number))
        if is_shown:
            contents.latest.append(each)
    return found


@cache
def _contents(host: HostSchema) -> Select[*tuple[Any, ...]]:
    """One row for each thing that is shown, and one for each tally, however many there are."""
    judged = _judged().subquery("judged")
    kind = (judged.c.email_id, judged.c.against, judged.c.project_id, judged.c.type)
    latest_first = (judged.c.created_at.desc(), judged.c.notification_id.desc())
    ranked = select(
        judged,
        func.count().over(partition_by=kind).label("number"),
        func.row_number().over(partition_by=kind, order_by=latest_first).label("place_of_kind"),
        func.row_number().over(partition_by=kind[:2], order_by=latest_first).label("place"),
    ).subquery("ranked")
    is_first = ranked.c.place_of_kind == 1
    is_shown = and_(ranked.c.against.is_(None), ranked.c.place <= bindparam("most", type_=Integer))
    return (
        select(
            ranked.c.email_id,
            ranked.c.against,
            ranked.c.number,
            is_first,
            is_shown,
            EmailItem.type,
            EmailItem.project_id,
            EmailItem.source_kind,
            EmailItem.source_id,
            EmailItem.title,
            # One more than is shown, to show that it is not all.
            func.left(EmailItem.body, SNIPPET + 1),
            EmailItem.created_at,
            project_name(host),
        )
        .select_from(ranked)
        .join(EmailItem, EmailItem.notification_id == ranked.c.notification_id)
        .join(host_projects, host_projects.c.id == EmailItem.project_id)
        .where(or_(is_first, is_shown))
        .order_by(EmailItem.created_at, EmailItem.notification_id)
    )


def _judged() -> Select[*tuple[Any, ...]]:
    """Everything in the e-mails, with what speaks against telling it, or null."""
    recipient_id = Email.recipient_id
    is_muted = exists().where(MutedProject.user_id == recipient_id, MutedProject.project_id == EmailItem.project_id)
    is_old = EmailItem.created_at < bindparam("old", type_=TIMESTAMP)
    against = case(
        (func.coalesce(Notification.is_read, EmailItem.is_read), Against.READ.value),
        (not_(func.coalesce(MAY_BE_TOLD, false())), Against.NO_ACCESS.value),
        (is_muted.correlate_except(MutedProject), Against.MUTED.value),
        (not_(func.coalesce(NotificationChoice.email, true())), Against.NOT_WANTED.value),
        (and_(not_(Email.is_forced), is_old), Against.TOO_OLD.value),
    )
    return (
        select(
            EmailItem.email_id,
            EmailItem.notification_id,
            EmailItem.type,
            EmailItem.project_id,
            EmailItem.created_at,
            against.label("against"),
        )
        .select_from(EmailItem)
        .join(Email, Email.id == EmailItem.email_id)
        .outerjoin(Notification, Notification.id == EmailItem.notification_id)
        .outerjoin(Account, Account.user_id == recipient_id)
        .outerjoin(
            ProjectMember,
            and_(ProjectMember.project_id == EmailItem.project_id, ProjectMember.user_id == recipient_id),
        )
        .outerjoin(
            NotificationChoice,
            and_(NotificationChoice.user_id == recipient_id, NotificationChoice.type == EmailItem.type),
        )
        .where(EmailItem.email_id == func.any(_IDS))
    )
