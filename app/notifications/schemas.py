"""Notifications on the wire."""

from uuid import UUID

from pydantic import BaseModel

from app.core.types import HostId, Timestamp
from app.notifications.events import route_path
from app.notifications.queries import StoredNotification


class NotificationItem(BaseModel):
    """One notification; ``route_path`` is the page of the app that shows its source."""

    id: UUID
    title: str
    body: str | None
    type: str
    project_id: HostId
    source_kind: str
    source_id: UUID
    created_at: Timestamp
    is_read: bool
    route_path: str

    @classmethod
    def of(cls, stored: StoredNotification) -> "NotificationItem":
        return cls.model_construct(
            id=stored.id,
            title=stored.title,
            body=stored.body,
            type=stored.type,
            project_id=stored.project_id,
            source_kind=stored.source_kind,
            source_id=stored.source_id,
            created_at=stored.created_at,
            is_read=stored.is_read,
            route_path=route_path(stored.project_id, stored.source_kind, stored.source_id),
        )


class UnreadCount(BaseModel):
    count: int


class Settings(BaseModel):
    """How the caller wants to be told."""

    email_enabled: bool
    push_enabled: bool
    realtime_enabled: bool


class SettingsChange(BaseModel):
    """Fields that are left out stay as they are."""

    email_enabled: bool | None = None
    push_enabled: bool | None = None
    realtime_enabled: bool | None = None
