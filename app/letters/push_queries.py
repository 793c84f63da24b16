"""What is to be known of pushes that are due: the notification, and how its recipient stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from uuid import UUID

from sqlalchemy import Uuid, and_, bindparam, exists, false, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.models import Account
from app.core.database import fetch
from app.core.types import HostId
from app.letters.queries import IS_TO_CLIENT
from app.notifications.models import Notification
from app.preferences.models import MutedProject, NotificationSettings, NotificationTimes
from app.presence.models import Visibility
from app.projects.access import MAY_BE_TOLD
from app.projects.models import ProjectMember
from app.push.models import Push, PushSubscription


@dataclass(frozen=True, slots=True)
class DuePush:
    """A push with its notification. What is None of a person was never said by them, or by nobody for them."""

    id: UUID
    created_at: datetime
    project_id: HostId
    source_kind: str
    source_id: UUID
    title: str
    body: str | None
    is_read: bool
    is_active: bool | None
    is_to_client: bool
    push_enabled: bool | None
    time_zone: str | None
    quiet_from: time | None
    quiet_to: time | None
    visible_until: datetime | None
    is_in_reach: bool
    has_muted: bool
    has_browser: bool


_DUE = (
    select(
        Push.id,
        Push.created_at,
        Notification.project_id,
        Notification.source_kind,
        Notification.source_id,
        Notification.title,
        Notification.body,
        Notification.is_read,
        Account.is_active,
        IS_TO_CLIENT,
        NotificationSettings.push_enabled,
        NotificationTimes.time_zone,
        NotificationTimes.quiet_from,
        NotificationTimes.quiet_to,
        Visibility.visible_until,
        func.coalesce(MAY_BE_TOLD, false()),
        exists()
        .where(MutedProject.user_id == Push.recipient_id, MutedProject.project_id == Notification.project_id)
        .correlate_except(MutedProject),
        exists()
        .where(PushSubscription.user_id == Push.recipient_id, PushSubscription.id != func.all(Push.done_for))
        .correlate_except(PushSubscription),
    )
    .select_from(Push)
    .join(Notification, and_(Notification.id == Push.id, Notification.recipient_user_id == Push.recipient_id))
    .outerjoin(Account, Account.user_id == Push.recipient_id)
    .outerjoin(
        ProjectMember,
        and_(ProjectMember.project_id == Notification.project_id, ProjectMember.user_id == Push.recipient_id),
    )
    .outerjoin(NotificationSettings, NotificationSettings.recipient_user_id == Push.recipient_id)
    .outerjoin(NotificationTimes, NotificationTimes.user_id == Push.recipient_id)
    .outerjoin(Visibility, Visibility.user_id == Push.recipient_id)
    .where(Push.id == func.any(bindparam("ids", type_=ARRAY(Uuid))))
)


async def due_pushes(connection: AsyncConnection, ids: Sequence[UUID]) -> list[DuePush]:
    """Of these pushes, those of which the notification is still there."""
    return [DuePush(*row) for row in await fetch(connection, _DUE, {"ids": list(ids)})]
