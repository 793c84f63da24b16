"""A notification as its recipient sees it: what the queries read is what goes out on the wire."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.core.types import HostId


@dataclass(frozen=True, slots=True)
class NotificationItem:
    """One notification; ``route_path`` is the page of the app that shows its source."""

    id: UUID
    title: str
    body: str | None
    type: str
    project_id: HostId
    source_kind: str
    source_id: UUID
    created_at: datetime
    is_read: bool
    route_path: str
