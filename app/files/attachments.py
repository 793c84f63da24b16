"""Files as part of other things: what features above this one call. A thing keeps how many files it has."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.principal import Principal
from app.core.database import Transaction
from app.core.errors import Invalid
from app.files import attachment_queries as queries
from app.files.models import AttachedTo
from app.files.schemas import FileItem, file_on_wire
from app.projects.changes import Changed, changed


async def attach(
    transaction: Transaction,
    actor: Principal,
    room_id: UUID,
    kind: AttachedTo,
    subject_id: UUID,
    file_ids: Sequence[UUID],
) -> list[FileItem]:
    """Gives a new thing of a room its files, in this order; drafts of the actor are shared by it.

    The actor reaches the room. Raises ``Invalid`` if one is not a file of that room that the actor may use.
    """
    if not file_ids:
        return []
    linked = await queries.attach(transaction.connection, actor, room_id, kind, subject_id, file_ids)
    if missing := [file_id for file_id in file_ids if file_id not in linked]:
        raise _no_such_file(file_ids.index(missing[0]))
    files = (await queries.attached(transaction.connection, kind, [subject_id]))[subject_id]
    for file in files:
        if linked[file.id]:
            transaction.signals.append(changed(Changed.FILE, file.id, file.project_id, file.client_id))
    return [file_on_wire(file) for file in files]


async def attached(
    connection: AsyncConnection, kind: AttachedTo, subject_ids: Sequence[UUID]
) -> dict[UUID, list[FileItem]]:
    """The files of each of these things, in order; those without any are left out.

    Whoever asks reaches the things. Ask only for those whose count says that they have some.
    """
    if not subject_ids:
        return {}
    found = await queries.attached(connection, kind, subject_ids)
    return {subject_id: [file_on_wire(file) for file in files] for subject_id, files in found.items()}


def _no_such_file(index: int) -> Invalid:
    message = "Not a file of this room that you can use"
    return Invalid(
        f"file_ids.{index}: {message}.",
        errors=[{"loc": ["body", "file_ids", index], "msg": message, "type": "file"}],
    )
