"""E-mails of the outbox, as admins see them."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from app.core.types import HostId
from app.outbox.models import State


class Recipient(BaseModel):
    """``display_name`` is null for who has no account (any more)."""

    id: HostId
    display_name: str | None


class QueuedEmail(BaseModel):
    """An e-mail of the outbox.

    ``address`` is where it went at last, ``error`` the last fault or why it is not sent, ``due_at`` when it is looked
    at next if it has not ended. It tells of ``item_count`` things, of which ``title`` is the first. ``has_letter``
    says whether the letter itself can be read here.
    """

    id: UUID
    recipient: Recipient
    address: str | None
    state: State
    error: str | None
    attempts: int
    created_at: datetime
    due_at: datetime
    ended_at: datetime | None
    item_count: int
    title: str | None
    has_letter: bool = False
