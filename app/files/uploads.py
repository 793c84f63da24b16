"""An upload: bytes first, then the row in one transaction with its event, so that no row is without bytes."""

import asyncio
from uuid import UUID, uuid4

import asyncpg

from app.accounts.principal import Principal
from app.core.database import Database, Transaction
from app.core.errors import Conflict, NotFound, Problem
from app.files import queries
from app.files.bytes import remove, thumbnail_key
from app.files.intake import Intake, RoomFull
from app.files.kinds import kind_within
from app.files.pictures import BYTES_MAX, FORMATS, Picture, Pictures
from app.files.queries import Entered, NewFile, StoredFile
from app.files.schemas import FileItem, file_on_wire
from app.notifications.events import Event, EventType
from app.notifications.service import NotificationService
from app.projects.changes import Changed, changed
from app.projects.preflight import HostSchema
from app.projects.roles import MemberRole
from app.storage.store import Storage, new_key

_TITLE_MAX = 200


class Uploads:
    """Takes files in. No database connection is held while bytes flow."""

    def __init__(
        self,
        database: Database,
        host: HostSchema,
        notifications: NotificationService,
        storage: Storage,
        pictures: Pictures,
        *,
        room_limit: int,
    ) -> None:
        self._database = database
        self._host = host
        self._notifications = notifications
        self._storage = storage
        self._pictures = pictures
        self._room_limit = room_limit

    async def upload(
        self, actor: Principal, room_id: UUID, file_id: UUID | None, intake: Intake, *, is_draft: bool
    ) -> tuple[FileItem, bool]:
        """Stores a file and tells the others; answers it, and whether it was new.

        The same one sent again is answered as it is, its body unread. Raises ``NotFound`` out of reach, ``Conflict``
        when the room is closed or the id belongs to another file, and what the file itself is refused for.
        """
        if (known := await self._known(actor, room_id, file_id, intake)) is not None:
            return file_on_wire(known), False
        intake.begin()
        key = new_key()
        try:
            new = await self._store(file_id or uuid4(), key, intake)
        except BaseException:
            await asyncio.shield(remove(self._storage, key))
            raise
        entered = await self._enter(actor, room_id, new, is_draft=is_draft)
        if entered is not None:
            return file_on_wire(entered.file), True
        await remove(self._storage, key)
        if (known := await self._known(actor, room_id, new.id, intake)) is not None:
            return file_on_wire(known), False
        raise RoomFull

    async def _known(self, actor: Principal, room_id: UUID, file_id: UUID | None, intake: Intake) -> StoredFile | None:
        """The file of that id if it is this one; raises what keeps it from being taken otherwise."""
        async with self._database.reading() as connection:
            place = await queries.place(connection, actor, room_id)
            if place is None:
                raise NotFound
            found = None if file_id is None else await queries.any_file(connection, file_id)
        if found is not None:
            if (found.room_id, found.uploader_id) == (room_id, actor.user_id):
                return found
            raise Conflict("The id belongs to another file: send this one with a new id.", slug="id-in-use")
        if not place.is_open:
            raise Conflict("This room is closed: its client is no longer in the project.", slug="room-closed")
        if place.files_size + intake.least > self._room_limit:
            raise RoomFull
        return None

    async def _store(self, file_id: UUID, key: str, intake: Intake) -> NewFile:
        """Stores the bytes and, of a picture that can be decoded, its thumbnail."""
        await self._storage.put(key, intake.content())

        async def read(start: int, end: int) -> bytes:
            return await self._storage.read(key, start, end)

        kind = await kind_within(intake.kind, intake.head, intake.size, read)
        picture = await self._picture(key, kind, intake.size)
        return NewFile(
            id=file_id,
            name=intake.name,
            media_type=kind,
            size=intake.size,
            sha256=intake.sha256,
            key=key,
            width=picture.width if picture else None,
            height=picture.height if picture else None,
            has_thumbnail=picture is not None,
        )

    async def _picture(self, key: str, kind: str, size: int) -> Picture | None:
        if kind not in FORMATS or not 0 < size <= BYTES_MAX:
            return None
        picture = await self._pictures.look(kind, lambda: self._storage.read(key, 0, size))
        if picture is not None:
            await self._storage.put_bytes(thumbnail_key(key), picture.thumbnail)
        return picture

    async def _enter(self, actor: Principal, room_id: UUID, new: NewFile, *, is_draft: bool) -> Entered | None:
        """Writes the row; None if it was not to be.

        Where it is not known whether the commit was, the bytes stay: the sweep finds out.
        """
        try:
            async with self._database.transaction() as transaction:
                entered = await queries.insert_file(
                    transaction.connection,
                    self._host,
                    actor,
                    room_id,
                    new,
                    is_draft=is_draft,
                    room_limit=self._room_limit,
                )
                if entered is not None and not is_draft:
                    await self._tell(transaction, entered)
        except asyncpg.UniqueViolationError:
            return None
        except Problem:
            await remove(self._storage, new.key)
            raise
        return entered

    async def _tell(self, transaction: Transaction, entered: Entered) -> None:
        file = entered.file
        transaction.signals.append(changed(Changed.FILE, file.id, file.project_id, file.client_id))
        await self._notifications.notify(transaction, _event(entered))


def _event(entered: Entered) -> Event:
    file = entered.file
    title = f"{file.uploader_name} uploaded a file in {entered.project_name}"
    return Event(
        type=EventType.FILE_UPLOADED,
        # An admin who belongs to no part of the project speaks for those who manage it.
        by=MemberRole(entered.uploader_role or MemberRole.MANAGER),
        project_id=file.project_id,
        source_id=file.id,
        title=title if len(title) <= _TITLE_MAX else "New file",
        body=file.name,
        actor_id=file.uploader_id,
        client_id=file.client_id,
    )
