"""All SQL of account administration: accounts as an admin sees them, one-time links, the audit log."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, func, insert, literal, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from app.accounts.models import Account, AuditEntry, PasswordLink, Session
from app.accounts.roles import Role
from app.core.pagination import Cursor
from app.core.types import HostId
from app.mail.models import Suppression

SORTED_BY = 200
"""How many characters of their names put accounts in order: a cursor holds them."""

# As the index has it.
_NAME_KEY = func.lower(func.left(Account.display_name, literal(SORTED_BY, literal_execute=True)))


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account as an admin sees it; ``email_suppressed`` if its address takes no mail.

    ``name_key`` is what it is sorted by.
    """

    user_id: HostId
    email: str
    display_name: str
    role: str
    is_active: bool
    created_at: datetime
    updated_at: datetime
    last_sign_in_at: datetime | None
    email_suppressed: bool
    name_key: str


_LAST_SIGN_IN = select(func.max(Session.created_at)).where(Session.user_id == Account.user_id).scalar_subquery()
_IS_SUPPRESSED = exists().where(Suppression.address == func.lower(Account.email)).correlate(Account)
_ROW = select(
    Account.user_id,
    Account.email,
    Account.display_name,
    Account.role,
    Account.is_active,
    Account.created_at,
    Account.updated_at,
    _LAST_SIGN_IN,
    _IS_SUPPRESSED,
    _NAME_KEY,
)


async def accounts(
    connection: AsyncConnection, filters: Mapping[str, Any], after: Cursor | None, limit: int
) -> list[AccountRow]:
    """Accounts by display name, after the cursor. ``filters``: ``q`` (a part of name or e-mail), role, is_active."""
    statement = _ROW.order_by(_NAME_KEY, Account.user_id).limit(limit)
    if q := filters.get("q"):
        statement = statement.where(or_(contains(Account.display_name, q), contains(Account.email, q)))
    for column in (Account.role, Account.is_active):
        if (wanted := filters.get(column.key)) is not None:
            statement = statement.where(column == wanted)
    if after is not None:
        statement = statement.where(tuple_(_NAME_KEY, Account.user_id) > tuple_(literal(after.key), literal(after.id)))
    return [AccountRow(*row) for row in await connection.execute(statement)]


async def account(connection: AsyncConnection, user_id: HostId) -> AccountRow | None:
    row = (await connection.execute(_ROW.where(Account.user_id == user_id))).one_or_none()
    return None if row is None else AccountRow(*row)


def contains(column: ColumnElement[str] | Any, part: str) -> ColumnElement[bool]:
    """Whether a text holds a part, whatever the case; no character of the part means anything but itself."""
    return func.strpos(func.lower(column), func.lower(part)) > 0


async def hold_with_admins(connection: AsyncConnection, user_id: HostId) -> dict[HostId, AccountRow]:
    """The account and those of all active admins, which nobody else changes until the transaction ends.

    In the order of their ids, so that two who hold them wait for each other in turn.
    """
    is_active_admin = and_(Account.role == Role.ADMIN, Account.is_active)
    statement = (
        _ROW.where(or_(Account.user_id == user_id, is_active_admin))
        .order_by(Account.user_id)
        .with_for_update(key_share=True, of=Account)
    )
    return {row[0]: AccountRow(*row) for row in await connection.execute(statement)}


async def change_account(connection: AsyncConnection, user_id: HostId, changes: Mapping[str, Any]) -> None:
    statement = update(Account).where(Account.user_id == user_id)
    await connection.execute(statement.values(**changes, updated_at=func.now()))


async def insert_link(connection: AsyncConnection, token_hash: str, user_id: HostId, expires_at: datetime) -> None:
    statement = insert(PasswordLink).values(token_hash=token_hash, user_id=user_id, expires_at=expires_at)
    await connection.execute(statement)


async def end_links(connection: AsyncConnection, user_id: HostId) -> None:
    """Ends the links of this person that nobody has used, and forgets those that are long over."""
    is_open = and_(PasswordLink.used_at.is_(None), PasswordLink.expires_at > func.now())
    await connection.execute(
        update(PasswordLink).where(PasswordLink.user_id == user_id, is_open).values(expires_at=func.now())
    )
    month_ago = func.now() - timedelta(days=30)
    await connection.execute(
        delete(PasswordLink).where(PasswordLink.user_id == user_id, PasswordLink.expires_at < month_ago)
    )


def _is_good(token_hash: str) -> ColumnElement[bool]:
    is_active = select(Account.user_id).where(Account.user_id == PasswordLink.user_id, Account.is_active).exists()
    return and_(
        PasswordLink.token_hash == token_hash,
        PasswordLink.used_at.is_(None),
        PasswordLink.expires_at > func.now(),
        is_active,
    )


async def link_is_good(connection: AsyncConnection, token_hash: str) -> bool:
    statement = select(PasswordLink.user_id).where(_is_good(token_hash))
    return (await connection.execute(statement)).first() is not None


async def use_link(connection: AsyncConnection, token_hash: str) -> HostId | None:
    """Uses up a link; answers whose it was, or None if it is not good (any more)."""
    statement = (
        update(PasswordLink).where(_is_good(token_hash)).values(used_at=func.now()).returning(PasswordLink.user_id)
    )
    return (await connection.execute(statement)).scalar_one_or_none()


@dataclass(frozen=True, slots=True)
class AuditRow:
    """An entry of the audit log, with the names that its people have now."""

    id: Any
    at: datetime
    action: str
    actor_id: HostId | None
    actor_name: str | None
    user_id: HostId | None
    user_name: str | None
    project_id: HostId | None
    address: str | None
    details: dict[str, Any]


_actors, _users = aliased(Account), aliased(Account)
_ENTRY = (
    select(
        AuditEntry.id,
        AuditEntry.at,
        AuditEntry.action,
        AuditEntry.actor_id,
        _actors.display_name,
        AuditEntry.user_id,
        _users.display_name,
        AuditEntry.project_id,
        AuditEntry.address,
        AuditEntry.details,
    )
    .outerjoin(_actors, _actors.user_id == AuditEntry.actor_id)
    .outerjoin(_users, _users.user_id == AuditEntry.user_id)
)


async def audit_entries(
    connection: AsyncConnection, filters: Mapping[str, Any], after: Cursor | None, limit: int
) -> list[AuditRow]:
    """Entries, newest first, after the cursor. ``filters``: user_id, project_id, action."""
    statement = _ENTRY.order_by(AuditEntry.at.desc(), AuditEntry.id.desc()).limit(limit)
    for column in (AuditEntry.user_id, AuditEntry.project_id, AuditEntry.action):
        if (wanted := filters.get(column.key)) is not None:
            statement = statement.where(column == wanted)
    if after is not None:
        place = tuple_(literal(after.moment), literal(after.id))
        statement = statement.where(tuple_(AuditEntry.at, AuditEntry.id) < place)
    return [AuditRow(*row) for row in await connection.execute(statement)]
