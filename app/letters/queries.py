"""SQL of what is to be judged before it is sent: e-mails that are due, and what each of them tells."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Uuid, and_, bindparam, exists, false, func, select, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from app.accounts.models import Account
from app.core.database import fetch
from app.core.types import HostId
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

    ``client_name`` is whose room it is about, if it is about another's.
    """

    id: UUID
    recipient_id: HostId
    thread: UUID
    created_at: datetime
    address: str | None
    name: str | None
    is_active: bool
    is_wanted: bool
    is_suppressed: bool
    digest: str | None
    time_zone: str | None
    quiet_from: time | None
    quiet_to: time | None
    visible_until: datetime | None
    client_name: str | None


@dataclass(frozen=True, slots=True)
class DueItem:
    """One thing that an e-mail would tell, and whether its recipient may and wants to hear of it at this moment."""

    type: str
    project_id: HostId
    source_kind: str
    source_id: UUID
    title: str
    body: str | None
    created_at: datetime
    project_name: str
    is_read: bool
    is_in_reach: bool
    is_muted: bool
    is_wanted: bool


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


async def due_items(connection: AsyncConnection, host: HostSchema, ids: Sequence[UUID]) -> dict[UUID, list[DueItem]]:
    """What each of the e-mails would tell, oldest first; those without anything are left out."""
    found: dict[UUID, list[DueItem]] = {}
    for email_id, *item in await fetch(connection, _items(host), {"ids": ids}):
        found.setdefault(email_id, []).append(DueItem(*item))
    return found


@cache
def _items(host: HostSchema) -> Select[*tuple[Any, ...]]:
    recipient_id = Email.recipient_id
    is_muted = exists().where(MutedProject.user_id == recipient_id, MutedProject.project_id == EmailItem.project_id)
    return (
        select(
            EmailItem.email_id,
            EmailItem.type,
            EmailItem.project_id,
            EmailItem.source_kind,
            EmailItem.source_id,
            EmailItem.title,
            # One more than is shown, to show that it is not all.
            func.left(EmailItem.body, SNIPPET + 1),
            EmailItem.created_at,
            project_name(host),
            func.coalesce(Notification.is_read, EmailItem.is_read),
            func.coalesce(MAY_BE_TOLD, false()),
            is_muted.correlate_except(MutedProject),
            func.coalesce(NotificationChoice.email, true()),
        )
        .select_from(EmailItem)
        .join(Email, Email.id == EmailItem.email_id)
        .join(host_projects, host_projects.c.id == EmailItem.project_id)
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
        .order_by(EmailItem.created_at, EmailItem.notification_id)
    )
