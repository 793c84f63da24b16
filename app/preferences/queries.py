"""All SQL of preferences."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.database import fetch
from app.core.types import HostId
from app.preferences.models import NotificationSettings


@dataclass(frozen=True, slots=True)
class StoredSettings:
    """How a person wants to be told; the defaults are the table's."""

    email_enabled: bool = False
    push_enabled: bool = False
    realtime_enabled: bool = True


_SETTINGS = select(
    NotificationSettings.email_enabled,
    NotificationSettings.push_enabled,
    NotificationSettings.realtime_enabled,
).where(NotificationSettings.recipient_user_id == bindparam("user_id"))


async def settings(connection: AsyncConnection, user_id: HostId) -> StoredSettings:
    rows = await fetch(connection, _SETTINGS, {"user_id": user_id})
    return StoredSettings(*rows[0]) if rows else StoredSettings()


async def change_settings(connection: AsyncConnection, user_id: HostId, changes: Mapping[str, bool]) -> None:
    """Sets the given ones and leaves the others as they are."""
    statement = insert(NotificationSettings).values(recipient_user_id=user_id, **changes)
    conflict = [NotificationSettings.recipient_user_id]
    await connection.execute(
        statement.on_conflict_do_update(index_elements=conflict, set_=dict(changes))
        if changes
        else statement.on_conflict_do_nothing(index_elements=conflict)
    )
