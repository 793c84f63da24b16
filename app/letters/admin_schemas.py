"""E-mails as admins see them."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.accounts.admin_schemas import NewEmail
from app.core.pagination import PageQuery
from app.core.types import STORABLE, HostId
from app.letters.items import Recipient
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


class SuppressedAddress(BaseModel):
    """An address to which nothing is sent, why, and whose it is, if anybody's here."""

    address: str
    reason: str
    created_at: datetime
    user: Recipient | None


class Delivery(BaseModel):
    """By which way e-mail leaves, ``smtp`` or ``files``, or ``off`` and why.

    ``email_due_since`` and ``push_due_since`` say when something was due that is still there, if that is late;
    ``email_error`` why, if it has been tried. ``given_up`` e-mails died in the last 24 hours, the latest of
    ``given_up_error``.
    """

    way: str
    email_due_since: datetime | None
    email_error: str | None
    push_due_since: datetime | None
    given_up: int
    given_up_error: str | None


class Retried(BaseModel):
    """How many e-mails are tried anew, and how many were left as they are, for their address is suppressed."""

    count: int
    left: int


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
