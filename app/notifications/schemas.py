"""Notifications on the wire."""

from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from app.core.pagination import PageQuery
from app.core.types import HostId
from app.notifications.events import SourceKind


class NotificationsQuery(PageQuery):
    """Which notifications are asked for; what is left out does not filter."""

    unread: bool = Field(default=False, description="Only unread ones")
    project_id: HostId | None = None
    source_kind: SourceKind | None = None
    source_id: UUID | None = None

    def filters(self) -> dict[str, Any]:
        """The columns that are given, and what they must equal."""
        columns = {"project_id": self.project_id, "source_kind": self.source_kind, "source_id": self.source_id}
        given = {column: value for column, value in columns.items() if value is not None}
        return given | {"is_read": False} if self.unread else given


class SeenSource(BaseModel):
    """What somebody looks at, which notifications may be about."""

    source_kind: SourceKind
    source_id: UUID


class UnreadCount(BaseModel):
    count: int
