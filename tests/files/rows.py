"""Rows of files, for what needs no bytes."""

from uuid import UUID, uuid4

from tests.world import PEOPLE, World


async def put_file(
    world: World,
    room: UUID,
    person: str = "client",
    *,
    name: str = "plan.pdf",
    draft: bool = False,
    key: str | None = None,
    size: int = 3,
) -> UUID:
    """A file that somebody has uploaded to a room."""
    id_ = uuid4()
    await world.execute(
        "INSERT INTO client_portal.files (id, room_id, uploader_id, name, media_type, size, sha256, key, shared_at)"
        " VALUES ($1, $2, $3, $4, 'application/pdf', $5, 'aa', $6, CASE WHEN $7 THEN NULL ELSE clock_timestamp() END)",
        id_,
        room,
        PEOPLE[person],
        name,
        size,
        key or id_.hex,
        draft,
    )
    return id_
