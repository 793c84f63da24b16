"""All SQL of presence."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Uuid, bindparam, case, delete, func, literal_column, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.database import fetch
from app.core.types import HostId
from app.presence.models import Presence, PresenceProcess, Visibility

Place = tuple[UUID, HostId]
"""A room, and a person in it."""


async def enter(connection: AsyncConnection, process_id: UUID, places: Iterable[Place]) -> None:
    """Puts down that this process holds these people's sockets."""
    rows = [{"process_id": process_id, "room_id": room, "user_id": user} for room, user in sorted(places)]
    if rows:
        await connection.execute(insert(Presence).on_conflict_do_nothing(), rows)


async def leave(connection: AsyncConnection, process_id: UUID, places: Iterable[Place]) -> None:
    """Takes them off again."""
    keys = [(process_id, room, user) for room, user in sorted(places)]
    if keys:
        key = tuple_(Presence.process_id, Presence.room_id, Presence.user_id)
        await connection.execute(delete(Presence).where(key.in_(keys)))


async def leave_all(connection: AsyncConnection, process_id: UUID) -> list[UUID]:
    """Takes everything of this process off; answers the rooms that it concerns."""
    statement = delete(Presence).where(Presence.process_id == process_id).returning(Presence.room_id)
    rooms = set((await connection.execute(statement)).scalars())
    await connection.execute(delete(PresenceProcess).where(PresenceProcess.id == process_id))
    return sorted(rooms)


async def beat(connection: AsyncConnection, process_id: UUID) -> bool:
    """Puts down that the process is alive; answers whether it was known before."""
    statement = insert(PresenceProcess).values(id=process_id, seen_at=func.clock_timestamp())
    statement = statement.on_conflict_do_update(
        index_elements=[PresenceProcess.id], set_={"seen_at": func.clock_timestamp()}
    )
    is_known = case((literal_column("xmax") == 0, False), else_=True)
    return bool((await connection.execute(statement.returning(is_known))).scalar_one())


async def bury(connection: AsyncConnection, silent_for: timedelta) -> list[UUID]:
    """Takes off what processes held that have not been alive for so long; answers the rooms that it concerns."""
    dead = (
        select(PresenceProcess.id)
        .where(PresenceProcess.seen_at < func.clock_timestamp() - silent_for)
        .with_for_update(skip_locked=True)
    )
    ids = list((await connection.execute(dead)).scalars())
    rooms: set[UUID] = set()
    for process_id in ids:
        rooms.update(await leave_all(connection, process_id))
    return sorted(rooms)


_ONLINE = (
    select(Presence.room_id, Presence.user_id)
    .distinct()
    .where(
        Presence.room_id == func.any(bindparam("rooms", type_=ARRAY(Uuid))),
        Presence.process_id.in_(select(PresenceProcess.id)),
    )
)


async def online(connection: AsyncConnection, rooms: Sequence[UUID]) -> dict[UUID, list[HostId]]:
    """Who is in each of these rooms."""
    found: dict[UUID, list[HostId]] = {room: [] for room in rooms}
    for room, user in await fetch(connection, _ONLINE, {"rooms": rooms}):
        found[room].append(user)
    return {room: sorted(users) for room, users in found.items()}


async def see(connection: AsyncConnection, user_id: HostId, lasting: timedelta) -> None:
    """Puts down that the person looks at a page for so long from now."""
    until = func.clock_timestamp() + lasting
    statement = insert(Visibility).values(user_id=user_id, visible_until=until)
    await connection.execute(
        statement.on_conflict_do_update(index_elements=[Visibility.user_id], set_={"visible_until": until})
    )


async def hide(connection: AsyncConnection, user_id: HostId) -> None:
    """Puts down that the person looks at no page any more."""
    await connection.execute(delete(Visibility).where(Visibility.user_id == user_id))
