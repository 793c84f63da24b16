"""All SQL of the outbox of e-mail, and of addresses that take none, as admins see and change them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Uuid, delete, exists, func, literal, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.models import Account
from app.core.pagination import Cursor
from app.core.types import HostId
from app.letters.items import QueuedEmail, Recipient
from app.mail.models import Email, Suppression
from app.notifications.models import EmailItem
from app.outbox.models import State

_ITEM_COUNT = select(func.count()).where(EmailItem.email_id == Email.id).scalar_subquery()
_FIRST_TITLE = (
    select(EmailItem.title)
    .where(EmailItem.email_id == Email.id)
    .order_by(EmailItem.created_at, EmailItem.notification_id)
    .limit(1)
    .scalar_subquery()
)
_ROW: Select[*tuple[Any, ...]] = select(
    Email.recipient_id,
    Account.display_name,
    Email.id,
    Email.address,
    Email.state,
    Email.error,
    Email.attempts,
    Email.created_at,
    Email.due_at,
    Email.ended_at,
    _ITEM_COUNT.label("item_count"),
    _FIRST_TITLE.label("title"),
).outerjoin(Account, Account.user_id == Email.recipient_id)


async def emails(
    connection: AsyncConnection, filters: Mapping[str, Any], after: Cursor | None, limit: int
) -> list[QueuedEmail]:
    """E-mails, newest first, after the cursor. ``filters``: state, user_id (the recipient)."""
    statement = _ROW.order_by(Email.created_at.desc(), Email.id.desc()).limit(limit)
    for name, column in (("state", Email.state), ("user_id", Email.recipient_id)):
        if (wanted := filters.get(name)) is not None:
            statement = statement.where(column == wanted)
    if after is not None:
        place = tuple_(literal(after.moment), literal(after.id))
        statement = statement.where(tuple_(Email.created_at, Email.id) < place)
    return [_email(**row) for row in (await connection.execute(statement)).mappings()]


def _email(recipient_id: HostId, display_name: str | None, **columns: Any) -> QueuedEmail:
    return QueuedEmail(recipient=Recipient(id=recipient_id, display_name=display_name), **columns)


@dataclass(frozen=True, slots=True)
class HeldEmail:
    """An e-mail that no worker takes until the transaction ends; ``is_leased`` if one has taken it and may send it."""

    id: UUID
    recipient_id: HostId
    state: State
    is_leased: bool


async def hold(connection: AsyncConnection, email_id: UUID) -> HeldEmail | None:
    statement = select(Email.recipient_id, Email.state, Email.due_at > func.clock_timestamp())
    row = (await connection.execute(statement.where(Email.id == email_id).with_for_update())).one_or_none()
    if row is None:
        return None
    recipient_id, state, is_ahead = row
    return HeldEmail(email_id, recipient_id, State(state), is_leased=state == State.SENDING and is_ahead)


_ANEW = {
    "state": State.RETRYING.value,
    "due_at": func.clock_timestamp(),
    "attempts": 0,
    "error": None,
    "failing_since": None,
    "ended_at": None,
    "is_forced": True,
}


async def send_anew(connection: AsyncConnection, email_id: UUID) -> None:
    """Makes an e-mail due at once, as if it had never been tried, and however old it is."""
    await connection.execute(update(Email).where(Email.id == email_id).values(**_ANEW))


async def send_now(connection: AsyncConnection, email_ids: Sequence[UUID]) -> None:
    """Makes e-mails due at once that are tried again anyway, however old they are. Their tries count on."""
    soon = func.least(Email.due_at, func.clock_timestamp())
    await connection.execute(update(Email).where(_is_among(email_ids)).values(due_at=soon, is_forced=True))


async def send_all_anew(connection: AsyncConnection, email_ids: Sequence[UUID]) -> None:
    """As ``send_anew`` for each of these."""
    await connection.execute(update(Email).where(_is_among(email_ids)).values(**_ANEW))


def _is_among(email_ids: Sequence[UUID]) -> ColumnElement[bool]:
    return Email.id == func.any(literal(list(email_ids), ARRAY(Uuid)))


@dataclass(frozen=True, slots=True)
class EmailOfState:
    """An e-mail of the state that was asked for; ``is_suppressed`` if its recipient's address takes no mail."""

    id: UUID
    recipient_id: HostId
    is_suppressed: bool


async def hold_all(connection: AsyncConnection, state: State) -> list[EmailOfState]:
    """The e-mails of this state, which no worker takes until the transaction ends."""
    is_suppressed = (
        exists()
        .where(Account.user_id == Email.recipient_id, Suppression.address == func.lower(Account.email))
        .correlate(Email)
    )
    statement = (
        select(Email.id, Email.recipient_id, is_suppressed)
        .where(Email.state == state.value)
        # In one order, so that two who do this at once wait for each other in turn.
        .order_by(Email.id)
        .with_for_update(of=Email)
    )
    return [EmailOfState(*row) for row in await connection.execute(statement)]


async def drop(connection: AsyncConnection, email_id: UUID) -> None:
    """Ends an e-mail; a worker that was late with it finds its generation gone."""
    values = {"state": State.DROPPED.value, "ended_at": func.clock_timestamp(), "generation": Email.generation + 1}
    await connection.execute(update(Email).where(Email.id == email_id).values(**values))


@dataclass(frozen=True, slots=True)
class SuppressionRow:
    """An address that takes no mail for good, and whose it is now, if anybody's."""

    address: str
    reason: str
    created_at: datetime
    user_id: HostId | None
    display_name: str | None


async def suppressions(connection: AsyncConnection, after: Cursor | None, limit: int | None) -> list[SuppressionRow]:
    """Suppressed addresses in their own order, after the cursor; all of them without a limit."""
    statement = (
        select(Suppression.address, Suppression.reason, Suppression.created_at, Account.user_id, Account.display_name)
        .outerjoin(Account, func.lower(Account.email) == Suppression.address)
        .order_by(Suppression.address)
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(Suppression.address > after.key)
    return [SuppressionRow(*row) for row in await connection.execute(statement)]


async def lift_suppression(connection: AsyncConnection, address: str) -> str | None:
    """Forgets that an address takes no mail, whatever its case; answers it as it was kept, or None."""
    is_it = or_(Suppression.address == address, Suppression.address == func.lower(address))
    statement = delete(Suppression).where(is_it).returning(Suppression.address)
    return (await connection.execute(statement)).scalar_one_or_none()


async def lift_all_suppressions(connection: AsyncConnection) -> list[tuple[str, HostId | None]]:
    """Forgets them all; answers the addresses, and whose they are."""
    lifted = delete(Suppression).returning(Suppression.address).cte("lifted")
    statement = select(lifted.c.address, Account.user_id).outerjoin(
        Account, func.lower(Account.email) == lifted.c.address
    )
    return [(row[0], row[1]) for row in await connection.execute(statement.order_by(lifted.c.address))]


async def insert_suppression(connection: AsyncConnection, address: str, reason: str) -> str | None:
    """Puts down that nothing is to be sent to an address; answers it as it is kept, or None if that was so already."""
    statement = insert(Suppression).values(address=func.lower(address), reason=reason).on_conflict_do_nothing()
    return (await connection.execute(statement.returning(Suppression.address))).scalar_one_or_none()


async def owner_of(connection: AsyncConnection, address: str) -> HostId | None:
    """Who has this address."""
    statement = select(Account.user_id).where(func.lower(Account.email) == func.lower(address))
    return (await connection.execute(statement)).scalar_one_or_none()
