"""E-mails as admins see them."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.accounts.admin_schemas import NewEmail
from app.core.pagination import PageQuery
from app.core.types import STORABLE, HostId
from app.outbox.models import State

Address = Annotated[str, StringConstraints(min_length=1, max_length=320, strip_whitespace=True), STORABLE]


class EmailsQuery(PageQuery):
    """Which e-mails are asked for: in a state, to a person."""

    state: State | None = None
    user_id: HostId | None = None

    def filters(self) -> dict[str, Any]:
        return self.model_dump(include={"state", "user_id"})


class AddressQuery(BaseModel):
    address: Address


class NewSuppression(BaseModel):
    """An address to which nothing is to be sent, and why."""

    address: NewEmail
    reason: Annotated[str, StringConstraints(max_length=500, strip_whitespace=True), STORABLE] | None = None


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
    has_letter: bool


class SuppressedAddress(BaseModel):
    """An address to which nothing is sent, why, and whose it is, if anybody's here."""

    address: str
    reason: str
    created_at: datetime
    user: Recipient | None


class Letter(BaseModel):
    """A letter as it was written, with all its headers."""

    model_config = ConfigDict(serialize_by_alias=True)

    subject: str
    from_: str = Field(alias="from")
    to: str
    date: datetime | None
    text: str | None
    html: str | None
    headers: dict[str, str]
