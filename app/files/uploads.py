"""An upload: what is about to come, then the bytes, then the file's row in one transaction with its event."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import structlog

from app.accounts.principal import Principal
from app.core.database import Database, Transaction
from app.core.errors import NotFound, Problem, TooMany, Unauthenticated
from app.files import entry_queries, queries, upload_queries
from app.files.bytes import remove, thumbnail_key
from app.files.entry_queries import Entered, NewFile
from app.files.intake import Intake, RoomFull, TooSlow
from app.files.kinds import kind_within
from app.files.names import named
from app.files.pictures import BYTES_MAX, FORMATS, Picture, Pictures
from app.files.queries import StoredFile
from app.files.schemas import FileItem, file_on_wire
from app.notifications.events import Event, part_of, title_of
from app.notifications.service import NotificationService
from app.preferences.event_types import EventType
from app.projects.changes import Changed, changed
from app.projects.preflight import HostSchema
from app.projects.refusals import id_in_use, room_closed
from app.storage.store import Storage, new_key

log = structlog.get_logger(__name__)

AT_ONCE = 6
"""How many files one person may be sending."""

_LONGEST = timedelta(hours=6)
_TOUCH_SECONDS = 60.0
_SILENCE = timedelta(minutes=10)
"""Uploads of processes that died count for so long."""

StillHolds = Callable[[Principal], Awaitable[bool]]


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
        still_holds: StillHolds | None = None,
    ) -> None:
        """``still_holds`` tells whether who began an upload may end it; without it nobody loses that meanwhile."""
        self._database = database
        self._host = host
        self._notifications = notifications
        self._storage = storage
        self._pictures = pictures
        self._room_limit = room_limit
        self._still_holds = still_holds

    async def upload(
        self, actor: Principal, room_id: UUID, file_id: UUID | None, intake: Intake, *, is_draft: bool
    ) -> tuple[FileItem, bool]:
        """Stores a file and tells the others; answers it, and whether it was new.

        The same one sent again is answered as it is, its body unread; a draft that is sent again as none is shared by
        it. Raises ``NotFound`` out of reach, ``Conflict`` when the room is closed or the id belongs to another file,
        ``TooMany``, ``Unauthenticated`` when the actor's time is over before the file has come, and what the file
        itself is refused for.
        """
        if (known := await self._known(actor, room_id, file_id)) is not None:
            return file_on_wire(await self._as_asked(actor, known, is_draft=is_draft)), False
        intake.begin()
        key = new_key()
        await self._begin(actor, room_id, key, intake)
        try:
            self._limit_time(actor, intake)
            new = await self._store(actor, file_id or uuid4(), key, intake)
            await self._require_standing(actor)
        except BaseException:
            await asyncio.shield(self._undo(key))
            raise
        entered = await self._enter(actor, room_id, new, is_draft=is_draft)
        if entered is not None:
            return file_on_wire(entered.file), True
        await self._undo(key)
        if (known := await self._known(actor, room_id, new.id)) is not None:
            return file_on_wire(await self._as_asked(actor, known, is_draft=is_draft)), False
        raise await self._misfit(actor, room_id, new.size)

    async def _known(self, actor: Principal, room_id: UUID, file_id: UUID | None) -> StoredFile | None:
        """The file of that id if it is this one; raises what keeps it from being taken otherwise."""
        async with self._database.reading() as connection:
            place = await upload_queries.place(connection, actor, room_id)
            if place is None:
                raise NotFound
            found = None if file_id is None else await queries.any_file(connection, file_id)
        if found is not None:
            if (found.room_id, found.uploader_id) == (room_id, actor.user_id):
                return found
            raise id_in_use("file")
        if not place.is_open:
            raise room_closed()
        return None

    async def _as_asked(self, actor: Principal, known: StoredFile, *, is_draft: bool) -> StoredFile:
        """The file, shared now if it was a draft and is to be none."""
        if is_draft or known.shared_at is not None:
            return known
        async with self._database.transaction() as transaction:
            entered = await entry_queries.share_draft(transaction.connection, self._host, actor, known)
            if entered is not None:
                await self._tell(transaction, entered)
                return entered.file
            found = await queries.file(transaction.connection, actor, known.id)
        if found is None:
            raise NotFound
        if found.shared_at is None:
            raise room_closed()
        return found

    async def _begin(self, actor: Principal, room_id: UUID, key: str, intake: Intake) -> None:
        """Writes what is about to come, if there is space for it beside all that is coming already."""
        async with self._database.transaction() as transaction:
            connection = transaction.connection
            under_way = await upload_queries.hold_under_way(connection, actor, room_id, _SILENCE)
            if under_way.count >= AT_ONCE:
                raise TooMany(
                    f"You are sending {AT_ONCE} files, the most at once: try again when one has come.",
                    headers={"Retry-After": "5"},
                )
            if under_way.size + intake.least > self._room_limit:
                raise RoomFull
            await upload_queries.begin(connection, actor, room_id, key, intake.expected)

    def _limit_time(self, actor: Principal, intake: Intake) -> None:
        left = actor.expires_at - time.time()
        longest = _LONGEST.total_seconds()
        if self._still_holds is not None and left < longest:
            intake.ends_in(left, Unauthenticated("The token has expired before the file had come."))
        else:
            intake.ends_in(longest, TooSlow("The file took too long: send it again over a faster connection."))

    async def _require_standing(self, actor: Principal) -> None:
        if self._still_holds is None:
            return
        if actor.expires_at <= time.time() or not await self._still_holds(actor):
            raise Unauthenticated("What you signed in with ended while the file was coming in.")

    async def _watched(self, actor: Principal, key: str, intake: Intake) -> AsyncIterator[bytes]:
        """The content, for as long as the actor may send it and the upload is not given up."""
        touched = time.monotonic()
        async for piece in intake.content():
            yield piece
            if time.monotonic() - touched > _TOUCH_SECONDS:
                touched = time.monotonic()
                await self._require_standing(actor)
                async with self._database.reading() as connection:
                    if not await upload_queries.touch(connection, key):
                        raise _given_up()

    async def _undo(self, key: str) -> None:
        """Removes the bytes, then what says that they may be there."""
        await remove(self._storage, key)
        try:
            async with self._database.reading() as connection:
                await upload_queries.give_up(connection, key)
        except Exception as error:
            # The sweep does it: what kept this upload from being taken is what its sender is told.
            log.warning("upload_left_to_the_sweep", key=key, error=repr(error))

    async def _misfit(self, actor: Principal, room_id: UUID, size: int) -> Problem:
        async with self._database.reading() as connection:
            place = await upload_queries.place(connection, actor, room_id)
        is_full = place is not None and place.files_size + size > self._room_limit
        return RoomFull() if is_full else _given_up()

    async def _store(self, actor: Principal, file_id: UUID, key: str, intake: Intake) -> NewFile:
        """Stores the bytes and, of a picture that can be decoded, its thumbnail."""
        await self._storage.put(key, self._watched(actor, key, intake))

        async def read(start: int, end: int) -> bytes:
            return await self._storage.read(key, start, end)

        kind = await kind_within(intake.kind, intake.head, intake.size, read)
        picture = await self._picture(key, kind, intake.size)
        return NewFile(
            id=file_id,
            name=named(intake.name, kind),
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

        Where it is not known whether the commit was, bytes and intent stay: the sweep finds out.
        """
        try:
            async with self._database.transaction() as transaction:
                entered = await entry_queries.insert_file(
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
            await self._undo(new.key)
            raise
        return entered

    async def _tell(self, transaction: Transaction, entered: Entered) -> None:
        file = entered.file
        transaction.signals.append(changed(Changed.FILE, file.id, file.project_id, file.client_id))
        await self._notifications.notify(transaction, _event(entered))


def _event(entered: Entered) -> Event:
    file = entered.file
    return Event(
        type=EventType.FILE_UPLOADED,
        by=part_of(entered.uploader_role),
        project_id=file.project_id,
        source_id=file.id,
        title=title_of(f"{file.uploader_name} uploaded a file in {entered.project_name}", "New file"),
        body=file.name,
        actor_id=file.uploader_id,
        client_id=file.client_id,
    )


def _given_up() -> TooSlow:
    return TooSlow("Nothing was heard of this upload for too long: send the file again.")
