"""SQL of what is swept away: drafts, uploads that died, and what no row knows."""

from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from uuid import UUID

from sqlalchemy import ColumnElement, Interval, Select, Text, Uuid, bindparam, delete, func, select, union_all, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.principal import Principal
from app.core.database import fetch
from app.files.models import File, FileSweep, FileUpload
from app.files.queries import FILE_ID
from app.projects.access import ACTOR, reachable_rooms
from app.projects.models import Room

_NOW = func.clock_timestamp()
_AGE = bindparam("age", type_=Interval)

_HOLD_ROOM = (
    select(Room.id)
    .join(File, File.room_id == Room.id)
    .where(File.id == FILE_ID)
    .with_for_update(key_share=True, of=Room)
)


async def delete_draft(connection: AsyncConnection, file_id: UUID) -> str | None:
    """Removes the row of a file that is not shared, and gives back what it took of its room; answers its key.

    None if there is none, any more. Takes the room's row first, as everything does that writes to both.
    """
    await fetch(connection, _HOLD_ROOM, {"file_id": file_id})
    rows = await fetch(connection, _delete_draft(), {"file_id": file_id})
    return rows[0][0] if rows else None


async def delete_own_draft(connection: AsyncConnection, actor: Principal, file_id: UUID) -> str | None:
    """The same for who has uploaded it and reaches its room."""
    await fetch(connection, _HOLD_ROOM, {"file_id": file_id})
    parameters = {"file_id": file_id, "actor_id": actor.user_id}
    rows = await fetch(connection, _delete_own_draft(reachable_rooms(actor)), parameters)
    return rows[0][0] if rows else None


@cache
def _delete_own_draft(reachable: Select[UUID]) -> Select[str]:
    return _deleting(File.uploader_id == ACTOR, File.room_id.in_(reachable))


@cache
def _delete_draft() -> Select[str]:
    return _deleting()


def _deleting(*conditions: ColumnElement[bool]) -> Select[str]:
    gone = (
        delete(File)
        .where(File.id == FILE_ID, File.shared_at.is_(None), *conditions)
        .returning(File.room_id, File.size, File.key)
        .cte("gone")
    )
    given_back = (
        update(Room).where(Room.id == gone.c.room_id).values(files_size=Room.files_size - gone.c.size).cte("given_back")
    )
    return select(gone.c.key).add_cte(given_back)


_OLD_DRAFTS = (
    select(File.id)
    .where(File.shared_at.is_(None), File.created_at < _NOW - _AGE)
    .order_by(File.created_at)
    .limit(bindparam("rows"))
)


async def old_drafts(connection: AsyncConnection, age: timedelta, limit: int) -> list[UUID]:
    """Drafts of at least this age, the oldest first."""
    return [row[0] for row in await fetch(connection, _OLD_DRAFTS, {"age": age, "rows": limit})]


_DEAD = delete(FileUpload).where(FileUpload.touched_at < _NOW - _AGE).returning(FileUpload.key).cte("dead")
_DELETE_DEAD = select(_DEAD.c.key)


async def delete_dead_uploads(connection: AsyncConnection, silence: timedelta) -> list[str]:
    """Gives up uploads that were not heard of for so long: their files cannot be entered any more. Answers the keys."""
    return [row[0] for row in await fetch(connection, _DELETE_DEAD, {"age": silence})]


_KEYS = bindparam("keys", type_=ARRAY(Text))
_KNOWN_AS = union_all(
    select(File.key).where(File.key == func.any(_KEYS)),
    select(FileUpload.key).where(FileUpload.key == func.any(_KEYS)),
).subquery()
_KNOWN = select(_KNOWN_AS.c.key)


async def known_keys(connection: AsyncConnection, keys: Sequence[str]) -> set[str]:
    """Which of these keys a file or an upload has; in one statement, for the one's row goes as the other's comes."""
    return {row[0] for row in await fetch(connection, _KNOWN, {"keys": keys})}


_SHARED_KEYS = select(File.key, File.id).where(
    File.key >= bindparam("from_key", type_=Text),
    File.key < bindparam("to_key", type_=Text),
    File.shared_at.is_not(None),
)


async def shared_keys(connection: AsyncConnection, shard: str) -> dict[str, UUID]:
    """Keys of one shard that shared files have, and the files' ids."""
    # The character behind "/" ends what begins with it, in an order by bytes.
    parameters = {"from_key": f"{shard}/", "to_key": f"{shard}0"}
    return {row[0]: row[1] for row in await fetch(connection, _SHARED_KEYS, parameters)}


_HOLDER = bindparam("holder", type_=Uuid)
_TAKE_TURN = (
    insert(FileSweep)
    .values(id=1, holder=_HOLDER, ends_at=_NOW + _AGE)
    .on_conflict_do_update(
        index_elements=[FileSweep.id],
        set_={"holder": _HOLDER, "ends_at": _NOW + _AGE},
        where=(FileSweep.ends_at < _NOW) | (FileSweep.holder == _HOLDER),
    )
    .returning(FileSweep.id)
)


async def take_turn(connection: AsyncConnection, holder: UUID, lasting: timedelta) -> bool:
    """Whether this one sweeps, for so long from now; nobody else does meanwhile."""
    return bool(await fetch(connection, _TAKE_TURN, {"holder": holder, "age": lasting}))


_END_TURN = update(FileSweep).where(FileSweep.holder == _HOLDER).values(ends_at=_NOW).returning(FileSweep.id)


async def end_turn(connection: AsyncConnection, holder: UUID) -> None:
    await fetch(connection, _END_TURN, {"holder": holder})
