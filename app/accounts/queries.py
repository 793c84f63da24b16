"""All SQL of accounts, sessions and the throttle."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Float,
    Select,
    Uuid,
    and_,
    bindparam,
    case,
    cast,
    column,
    delete,
    exists,
    extract,
    func,
    literal,
    or_,
    select,
    table,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.models import Account, AuditEntry, LoginThrottle, Session
from app.core.database import fetch
from app.core.types import HOST_ID, HostId


@dataclass(frozen=True, slots=True)
class Standing:
    """How a bearer stands now: None for what is not known to the portal."""

    is_active: bool | None
    role: str | None
    is_session_open: bool | None
    is_user: bool
    """Whether the host has such a user: a token may outlive its own."""


_host_users = table("users", column("id", HOST_ID), schema="public")


def _standing() -> Select[bool | None, str | None, bool | None, bool]:
    user_id = bindparam("user_id", type_=HOST_ID)
    account = select(Account.is_active, Account.role).where(Account.user_id == user_id).subquery()
    session = (
        select((Session.ended_at.is_(None) & (Session.expires_at > func.now())).label("is_open"))
        .where(Session.id == bindparam("session_id", type_=Uuid), Session.user_id == user_id)
        .subquery()
    )
    is_user = exists(select(_host_users.c.id).where(_host_users.c.id == user_id))
    one = select(literal(1).label("one")).subquery()
    return (
        select(account.c.is_active, account.c.role, session.c.is_open, is_user)
        .select_from(one)
        .outerjoin(account, literal(True))
        .outerjoin(session, literal(True))
    )


_STANDING = _standing()  # built once: building it costs more than running it


async def standing(connection: AsyncConnection, user_id: HostId, session_id: UUID | None) -> Standing:
    """The account's state and role, and whether this session of it still runs."""
    rows = await fetch(connection, _STANDING, {"user_id": user_id, "session_id": session_id})
    return Standing(*rows[0])


@dataclass(frozen=True, slots=True)
class StoredAccount:
    """An account as sign-in needs it."""

    user_id: HostId
    email: str
    display_name: str
    role: str
    password_hash: str
    is_active: bool = True


async def account_by_email(connection: AsyncConnection, email: str) -> StoredAccount | None:
    return await _account(connection, func.lower(Account.email) == func.lower(email))


async def account_by_id(connection: AsyncConnection, user_id: HostId) -> StoredAccount | None:
    return await _account(connection, Account.user_id == user_id)


async def hold_account(connection: AsyncConnection, user_id: HostId) -> StoredAccount | None:
    """The account, which nobody else changes until the transaction ends."""
    return await _account(connection, Account.user_id == user_id, is_held=True)


async def _account(
    connection: AsyncConnection, condition: ColumnElement[bool], *, is_held: bool = False
) -> StoredAccount | None:
    columns = (
        Account.user_id,
        Account.email,
        Account.display_name,
        Account.role,
        Account.password_hash,
        Account.is_active,
    )
    statement = select(*columns).where(condition)
    if is_held:
        statement = statement.with_for_update(read=True)
    row = (await connection.execute(statement)).one_or_none()
    return None if row is None else StoredAccount(*row)


async def accounts_exist(connection: AsyncConnection) -> bool:
    """Whether anybody has an account yet."""
    return (await connection.execute(select(Account.user_id).limit(1))).first() is not None


async def insert_account(connection: AsyncConnection, account: StoredAccount) -> None:
    await connection.execute(insert(Account).values(**asdict(account)))


async def set_password(connection: AsyncConnection, user_id: HostId, password_hash: str) -> None:
    await connection.execute(
        update(Account).where(Account.user_id == user_id).values(password_hash=password_hash, updated_at=func.now())
    )


async def open_session(connection: AsyncConnection, user_id: HostId, expires_at: datetime) -> UUID:
    statement = insert(Session).values(user_id=user_id, expires_at=expires_at).returning(Session.id)
    return (await connection.execute(statement)).scalar_one()


async def end_session(connection: AsyncConnection, session_id: UUID) -> None:
    await connection.execute(
        update(Session).where(Session.id == session_id, Session.ended_at.is_(None)).values(ended_at=func.now())
    )


async def end_other_sessions(connection: AsyncConnection, user_id: HostId, kept: UUID | None) -> None:
    statement = (
        update(Session).where(Session.user_id == user_id, Session.ended_at.is_(None)).values(ended_at=func.now())
    )
    if kept is not None:
        statement = statement.where(Session.id != kept)
    await connection.execute(statement)


async def purge_sessions(connection: AsyncConnection, user_id: HostId) -> None:
    """Forgets this person's sessions that ended or expired more than a month ago."""
    month_ago = func.now() - timedelta(days=30)
    await connection.execute(
        delete(Session).where(
            Session.user_id == user_id, or_(Session.ended_at < month_ago, Session.expires_at < month_ago)
        )
    )


@dataclass(frozen=True, slots=True)
class Failures:
    """What has been counted under a key in its current window."""

    key: str
    count: int
    seconds_left: float


async def count_failures(connection: AsyncConnection, keys: Sequence[str], window: timedelta) -> list[Failures]:
    """Counts one more failure under each key; answers failures so far and when the window ends."""
    fresh = insert(LoginThrottle).values(
        [{"key": key, "failures": 1, "window_ends_at": func.now() + window} for key in sorted(keys)]
    )
    is_over = LoginThrottle.window_ends_at <= func.now()
    statement = fresh.on_conflict_do_update(
        index_elements=[LoginThrottle.key],
        set_={
            "failures": case((is_over, 1), else_=LoginThrottle.failures + 1),
            "window_ends_at": case((is_over, fresh.excluded.window_ends_at), else_=LoginThrottle.window_ends_at),
        },
    ).returning(
        LoginThrottle.key,
        LoginThrottle.failures,
        cast(extract("epoch", LoginThrottle.window_ends_at - func.now()), Float),
    )
    return [Failures(*row) for row in (await connection.execute(statement)).all()]


async def forgive(connection: AsyncConnection, account_key: str, address_key: str) -> None:
    """After a success: the account starts anew, the address gets back the one failure counted in advance."""
    await connection.execute(delete(LoginThrottle).where(LoginThrottle.key == account_key))
    await connection.execute(
        update(LoginThrottle)
        .where(and_(LoginThrottle.key == address_key, LoginThrottle.failures > 0))
        .values(failures=LoginThrottle.failures - 1)
    )


async def purge_throttle(connection: AsyncConnection) -> None:
    await connection.execute(delete(LoginThrottle).where(LoginThrottle.window_ends_at < func.now()))


async def insert_audit_entry(connection: AsyncConnection, **columns: Any) -> None:
    await connection.execute(insert(AuditEntry).values(**columns))


async def insert_audit_entries(connection: AsyncConnection, entries: Sequence[Mapping[str, Any]]) -> None:
    if entries:
        await connection.execute(insert(AuditEntry), entries)
