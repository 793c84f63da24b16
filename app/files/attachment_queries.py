"""SQL of what files are attached to."""

from collections.abc import Sequence
from functools import cache
from uuid import UUID

from sqlalchemy import Integer, Select, Text, Uuid, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.models import Account
from app.accounts.principal import Principal
from app.core.database import fetch
from app.files.models import AttachedTo, Attachment, File
from app.files.queries import FILE, IS_SEEN, ROOM_ID, StoredFile
from app.projects.models import Room

_ATTACHED = (
    select(Attachment.subject_id, *FILE)
    .select_from(Attachment)
    .join(File, File.id == Attachment.file_id)
    .join(Room, Room.id == File.room_id)
    .outerjoin(Account, Account.user_id == File.uploader_id)
    .where(
        Attachment.kind == bindparam("kind", type_=Text),
        Attachment.subject_id == func.any(bindparam("subject_ids", type_=ARRAY(Uuid))),
    )
    .order_by(Attachment.subject_id, Attachment.position)
)


async def attached(
    connection: AsyncConnection, kind: AttachedTo, subject_ids: Sequence[UUID]
) -> dict[UUID, list[StoredFile]]:
    """The files of each of these things, in order; whoever asks reaches the things."""
    found: dict[UUID, list[StoredFile]] = {}
    for subject_id, *row in await fetch(connection, _ATTACHED, {"kind": kind, "subject_ids": subject_ids}):
        found.setdefault(subject_id, []).append(StoredFile(*row))
    return found


async def attach(
    connection: AsyncConnection,
    actor: Principal,
    room_id: UUID,
    kind: AttachedTo,
    subject_id: UUID,
    file_ids: Sequence[UUID],
) -> dict[UUID, bool]:
    """Links those of the files that are of the room and seen by the actor, and shares drafts.

    Answers which were linked, and of each whether it was a draft.
    """
    parameters = {
        "actor_id": actor.user_id,
        "room_id": room_id,
        "kind": kind,
        "subject_id": subject_id,
        "file_ids": file_ids,
    }
    return {row[0]: row[1] for row in await fetch(connection, _attach(), parameters)}


@cache
def _attach() -> Select[UUID, bool]:
    file_ids = bindparam("file_ids", type_=ARRAY(Uuid))
    # Held in one order, whatever order they are named in: two that share files never wait for each other.
    usable = (
        select(File.id, File.shared_at.is_(None).label("is_draft"))
        .where(File.id == func.any(file_ids), File.room_id == ROOM_ID, IS_SEEN)
        .order_by(File.id)
        .with_for_update(key_share=True)
        .cte("usable")
    )
    shared = (
        update(File)
        .where(File.id == usable.c.id, usable.c.is_draft)
        .values(shared_at=func.clock_timestamp())
        .cte("shared")
    )
    place = func.array_position(file_ids, usable.c.id, type_=Integer)
    content = select(bindparam("kind", type_=Text), bindparam("subject_id", type_=Uuid), usable.c.id, place)
    linked = (
        insert(Attachment)
        .from_select(["kind", "subject_id", "file_id", "position"], content)
        .returning(Attachment.file_id)
        .cte("linked")
    )
    return select(usable.c.id, usable.c.is_draft).join(linked, linked.c.file_id == usable.c.id).add_cte(shared)
