"""All SQL of preferences."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, delete, exists, false, func, literal_column, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.models import Account
from app.accounts.principal import Principal
from app.core.database import fetch
from app.core.types import HOST_ID, HostId
from app.mail.models import Email, Suppression
from app.preferences.models import Digest, MutedProject, NotificationChoice, NotificationSettings, NotificationTimes
from app.projects.access import reachable_projects
from app.projects.models import host_users


@dataclass(frozen=True, slots=True)
class StoredSettings:
    """How a person wants to be told; the defaults are the table's."""

    email_enabled: bool = False
    push_enabled: bool = False
    realtime_enabled: bool = True


@dataclass(frozen=True, slots=True)
class StoredTimes:
    """When a person wants e-mail; the defaults are the table's."""

    digest: str = Digest.AT_ONCE
    time_zone: str | None = None
    quiet_from: time | None = None
    quiet_to: time | None = None


@dataclass(frozen=True, slots=True)
class StoredChoice:
    """By which channels a person wants to hear of a type; the defaults are the table's."""

    bell: bool = True
    email: bool = True


_USER = bindparam("user_id", type_=HOST_ID)

_SETTINGS = select(
    NotificationSettings.email_enabled,
    NotificationSettings.push_enabled,
    NotificationSettings.realtime_enabled,
).where(NotificationSettings.recipient_user_id == _USER)


async def settings(connection: AsyncConnection, user_id: HostId) -> StoredSettings:
    rows = await fetch(connection, _SETTINGS, {"user_id": user_id})
    return StoredSettings(*rows[0]) if rows else StoredSettings()


_IS_SUPPRESSED = select(exists().where(Account.user_id == _USER, Suppression.address == func.lower(Account.email)))


async def is_suppressed(connection: AsyncConnection, user_id: HostId) -> bool:
    """Whether nothing is sent to the address of this person's account."""
    [row] = await fetch(connection, _IS_SUPPRESSED, {"user_id": user_id})
    return bool(row[0])


@dataclass(frozen=True, slots=True)
class Addressee:
    """Somebody by name, None without an account, and whether they get e-mail."""

    display_name: str | None
    email_enabled: bool


async def addressee(connection: AsyncConnection, user_id: HostId) -> Addressee | None:
    """None where the host has no such user."""
    statement = (
        select(Account.display_name, func.coalesce(NotificationSettings.email_enabled, false()))
        .select_from(host_users)
        .outerjoin(Account, Account.user_id == host_users.c.id)
        .outerjoin(NotificationSettings, NotificationSettings.recipient_user_id == host_users.c.id)
        .where(host_users.c.id == user_id)
    )
    row = (await connection.execute(statement)).one_or_none()
    return None if row is None else Addressee(*row)


async def change_settings(connection: AsyncConnection, user_id: HostId, changes: Mapping[str, bool]) -> None:
    """Sets the given ones and leaves the others as they are."""
    statement = insert(NotificationSettings).values(recipient_user_id=user_id, **changes)
    conflict = [NotificationSettings.recipient_user_id]
    await connection.execute(
        statement.on_conflict_do_update(index_elements=conflict, set_=dict(changes))
        if changes
        else statement.on_conflict_do_nothing(index_elements=conflict)
    )


_TIMES = select(
    NotificationTimes.digest, NotificationTimes.time_zone, NotificationTimes.quiet_from, NotificationTimes.quiet_to
).where(NotificationTimes.user_id == _USER)


async def times(connection: AsyncConnection, user_id: HostId) -> StoredTimes:
    rows = await fetch(connection, _TIMES, {"user_id": user_id})
    return StoredTimes(*rows[0]) if rows else StoredTimes()


async def change_times(connection: AsyncConnection, user_id: HostId, changes: Mapping[str, Any]) -> None:
    """Sets the given ones, one at least, and leaves the others as they are."""
    statement = insert(NotificationTimes).values(user_id=user_id, **changes)
    await connection.execute(
        statement.on_conflict_do_update(index_elements=[NotificationTimes.user_id], set_=dict(changes))
    )


_CHOICES = select(NotificationChoice.type, NotificationChoice.bell, NotificationChoice.email).where(
    NotificationChoice.user_id == _USER
)


async def choices(connection: AsyncConnection, user_id: HostId) -> dict[str, StoredChoice]:
    """By type; the person has chosen nothing of those that are left out."""
    rows = await fetch(connection, _CHOICES, {"user_id": user_id})
    return {row["type"]: StoredChoice(row["bell"], row["email"]) for row in rows}


async def change_choice(connection: AsyncConnection, user_id: HostId, type_: str, changes: Mapping[str, bool]) -> None:
    """Sets the given channels of one type, one at least, and leaves the others as they are."""
    statement = insert(NotificationChoice).values(user_id=user_id, type=type_, **changes)
    conflict = [NotificationChoice.user_id, NotificationChoice.type]
    await connection.execute(statement.on_conflict_do_update(index_elements=conflict, set_=dict(changes)))


async def muted_projects(connection: AsyncConnection, actor: Principal) -> list[HostId]:
    """The projects the actor has muted and reaches, as they muted them."""
    parameters = {"user_id": actor.user_id, "actor_id": actor.user_id}
    return [row[0] for row in await fetch(connection, _muted(reachable_projects(actor)), parameters)]


@cache
def _muted(reachable: Select[HostId]) -> Select[HostId]:
    return (
        select(MutedProject.project_id)
        .where(MutedProject.user_id == _USER, MutedProject.project_id.in_(reachable))
        .order_by(MutedProject.created_at, MutedProject.project_id)
    )


async def mute(connection: AsyncConnection, user_id: HostId, project_id: HostId) -> None:
    await connection.execute(
        insert(MutedProject).values(user_id=user_id, project_id=project_id).on_conflict_do_nothing()
    )


async def unmute(connection: AsyncConnection, user_id: HostId, project_id: HostId) -> None:
    await connection.execute(
        delete(MutedProject).where(MutedProject.user_id == user_id, MutedProject.project_id == project_id)
    )


async def hurry(connection: AsyncConnection, user_id: HostId, quiet: timedelta) -> None:
    """Has each of the person's waiting e-mails looked at again as soon as its quiet window, ``quiet``, is over."""
    window_ends = func.greatest(Email.created_at + quiet, func.clock_timestamp())
    await connection.execute(
        update(Email)
        .where(Email.recipient_id == user_id, Email.state == literal_column("'waiting'"))
        # Of all of them: one that a worker holds may be put off by what it read before.
        .values(due_at=func.least(Email.due_at, window_ends))
    )
