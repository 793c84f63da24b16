"""Rooms: what is said in them, who has read how far."""

from collections.abc import Iterable, Sequence
from uuid import UUID, uuid4

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.principal import Principal
from app.accounts.roles import Permission
from app.chat import queries
from app.chat.queries import Posted, StoredMessage, StoredPerson, StoredRoom
from app.chat.schemas import LastMessage, Message, Person, Room, RoomWithPeople
from app.core.database import Database, Signal, Transaction
from app.core.errors import NotFound
from app.core.pagination import Cursor, Page, cut
from app.core.types import HostId
from app.files.attachments import attach, attached
from app.files.models import AttachedTo
from app.files.schemas import FileItem
from app.notifications.events import Event, SourceKind, part_of, snippet_of, title_of
from app.notifications.service import NotificationService
from app.preferences.event_types import EventType
from app.presence.board import PresenceBoard
from app.projects.preflight import HostSchema
from app.projects.refusals import id_in_use, room_closed
from app.projects.roles import MemberRole
from app.projects.schemas import Name
from app.projects.service import ProjectService


class ChatService:
    """Reads through what the actor reaches; writes join the caller's transaction."""

    def __init__(
        self,
        database: Database,
        host: HostSchema,
        projects: ProjectService,
        notifications: NotificationService,
        presence: PresenceBoard,
    ) -> None:
        self._database = database
        self._host = host
        self._projects = projects
        self._notifications = notifications
        self._presence = presence

    async def rooms(self, actor: Principal, page: Page, name: str = "") -> tuple[list[Room], str | None]:
        """One page of the rooms in reach, latest activity first; of those whose client or project has such a name."""
        return await self._rooms(actor, page, {"name": name} if name else {})

    async def rooms_of(self, actor: Principal, project_id: HostId, page: Page) -> tuple[list[Room], str | None]:
        """One page of a project's rooms in reach; raises ``NotFound`` if the project is not."""
        async with self._database.reading() as connection:
            await self._projects.find(connection, actor, project_id)
        return await self._rooms(actor, page, {"project_id": project_id})

    async def room(self, actor: Principal, room_id: UUID) -> RoomWithPeople:
        """The room and its people; raises ``NotFound`` out of reach."""
        async with self._database.reading() as connection:
            found = await queries.room(connection, self._host, actor, room_id)
            if found is None:
                raise NotFound
            people = await queries.people(connection, room_id)
        online = set((await self._presence.online([room_id]))[room_id])
        shows_parts = actor.may(Permission.REACH_CLIENTS_ROOMS)
        shown = [_person(each, is_online=each.user_id in online, shows_part=shows_parts) for each in people]
        return RoomWithPeople(**dict(_room(found)), people=shown)

    async def messages(
        self, actor: Principal, room_id: UUID, page: Page, before: int | None, after: int | None
    ) -> tuple[list[Message], str | None]:
        """One page of a room, newest first, and the cursor of what is older; raises ``NotFound`` out of reach."""
        if page.after is not None:
            before = page.after.number
        async with self._database.reading() as connection:
            rows = await queries.messages(connection, actor, room_id, page.limit, before=before, after=after)
            if not rows and not await queries.is_reachable(connection, actor, room_id):
                raise NotFound
            files = await files_of(connection, rows)
        older = Cursor(str(rows[-1].number), rows[-1].id).encode() if rows and rows[-1].number > 1 else None
        return [message_on_wire(row, files.get(row.id, [])) for row in rows], older

    async def message(self, actor: Principal, message_id: UUID) -> Message:
        """One message; raises ``NotFound`` out of reach."""
        async with self._database.reading() as connection:
            found = await queries.message(connection, actor, message_id)
            if found is None:
                raise NotFound
            files = await files_of(connection, [found])
        return message_on_wire(found, files.get(message_id, []))

    async def post(
        self,
        actor: Principal,
        room_id: UUID,
        message_id: UUID | None,
        body: str,
        file_ids: Sequence[UUID] = (),
    ) -> tuple[Message, bool]:
        """Writes a message with its files and tells the others; answers it, and whether it was new.

        The same message sent again is answered as it is. Raises ``NotFound`` out of reach, ``Conflict`` when the room
        is closed or the id belongs to another message, and ``Invalid`` for files that the actor cannot use. A
        transaction of its own: whether an id is taken shows only when the write fails.
        """
        message_id = message_id or uuid4()
        files: list[FileItem] = []
        try:
            async with self._database.transaction() as transaction:
                posted = await queries.insert_message(
                    transaction.connection, self._host, actor, room_id, message_id, body, file_count=len(file_ids)
                )
                if posted is not None:
                    files = await attach(transaction, actor, room_id, AttachedTo.MESSAGE, message_id, file_ids)
                    await self._tell(transaction, actor, posted, files)
        except asyncpg.UniqueViolationError:
            posted = None
        if posted is not None:
            return message_on_wire(posted.message, files), True
        return await self._sent_before(actor, room_id, message_id, body, file_ids), False

    async def mark_read(self, transaction: Transaction, actor: Principal, room_id: UUID, up_to: int) -> None:
        """Moves the actor's read mark, and marks what they were told of as read; raises ``NotFound`` out of reach."""
        marked = await queries.mark_read(transaction.connection, actor, room_id, up_to)
        if marked is None:
            raise NotFound
        if marked.before is None or marked.before >= marked.up_to:
            return
        content = {"room": str(room_id), "user": str(actor.user_id), "number": marked.up_to}
        transaction.signals.append(Signal("room_read", content))
        await self._see(transaction, actor, room_id, marked.before, marked.up_to)

    async def open(self, transaction: Transaction, actor: Principal, room_id: UUID) -> None:
        """The actor looks at the room: what they were told of it becomes read, and their read mark stays.

        Raises ``NotFound`` out of reach.
        """
        found = await queries.reading(transaction.connection, actor, room_id)
        if found is None:
            raise NotFound
        if found.read is not None and found.read < found.last_number:
            await self._see(transaction, actor, room_id, found.read, found.last_number)

    async def _rooms(
        self, actor: Principal, page: Page, filters: dict[str, HostId | str]
    ) -> tuple[list[Room], str | None]:
        async with self._database.reading() as connection:
            rows = await queries.rooms(connection, self._host, actor, page.after, page.limit + 1, filters)
        found, next_cursor = cut(rows, page.limit, lambda each: Cursor.at(each.active_at, each.id))
        return [_room(each) for each in found], next_cursor

    async def _tell(
        self, transaction: Transaction, actor: Principal, posted: Posted, files: Sequence[FileItem]
    ) -> None:
        message = posted.message
        room = str(message.room_id)
        transaction.signals.append(Signal("message", {"room": room, "id": str(message.id)}))
        transaction.signals.append(
            Signal("room_read", {"room": room, "user": str(actor.user_id), "number": message.number})
        )
        await self._notifications.notify(transaction, _event(posted, files))
        if posted.author_had_read is not None and posted.author_had_read < message.number - 1:
            await self._see(transaction, actor, message.room_id, posted.author_had_read, message.number)

    async def _see(self, transaction: Transaction, actor: Principal, room_id: UUID, after: int, up_to: int) -> None:
        """What somebody was told of the messages that they have read now is read too."""
        seen = {"room_id": room_id, "after": after, "up_to": up_to}
        await self._notifications.mark_read_about(
            transaction, actor.user_id, SourceKind.MESSAGE, queries.SEEN_MESSAGES, seen
        )

    async def _sent_before(
        self, actor: Principal, room_id: UUID, message_id: UUID, body: str, file_ids: Sequence[UUID]
    ) -> Message:
        """The message of that id if it is this one; raises what kept it from being written otherwise."""
        async with self._database.reading() as connection:
            if not await queries.is_reachable(connection, actor, room_id):
                raise NotFound
            found = await queries.message(connection, actor, message_id)
            room = await queries.room(connection, self._host, actor, room_id)
            files = (await files_of(connection, [found] if found else [])).get(message_id, [])
        said = (room_id, actor.user_id, body, list(file_ids))
        if found is not None and (found.room_id, found.author_id, found.body, [each.id for each in files]) == said:
            return message_on_wire(found, files)
        if found is None and room is not None and not room.is_open:
            raise room_closed()
        raise id_in_use("message")


async def files_of(connection: AsyncConnection, messages: Iterable[StoredMessage]) -> dict[UUID, list[FileItem]]:
    """The files of those messages that have some; nothing is asked where none has."""
    return await attached(connection, AttachedTo.MESSAGE, [each.id for each in messages if each.file_count])


def message_on_wire(stored: StoredMessage, files: list[FileItem]) -> Message:
    return Message.model_construct(
        id=stored.id,
        room_id=stored.room_id,
        project_id=stored.project_id,
        number=stored.number,
        author=Name.model_construct(id=stored.author_id, display_name=stored.author_name),
        body=stored.body,
        created_at=stored.created_at,
        files=files,
    )


def _event(posted: Posted, files: Sequence[FileItem]) -> Event:
    message = posted.message
    return Event(
        type=EventType.MESSAGE_POSTED,
        by=part_of(posted.author_role),
        project_id=message.project_id,
        source_id=message.id,
        title=title_of(f"{message.author_name} wrote in {posted.project_name}", "New message"),
        body=snippet_of(message.body.strip() or _named(files)),
        actor_id=message.author_id,
        client_id=posted.client_id,
    )


def _named(files: Sequence[FileItem]) -> str:
    """What a message that says nothing is about."""
    more = f" and {len(files) - 1} more" if len(files) > 1 else ""
    return f"📎 {files[0].name}{more}"


def _room(stored: StoredRoom) -> Room:
    return Room(
        id=stored.id,
        project_id=stored.project_id,
        project_name=stored.project_name,
        client=Name(id=stored.client_id, display_name=stored.client_name),
        is_open=stored.is_open,
        unread_count=stored.unread_count,
        last_number=stored.last_number,
        active_at=stored.active_at,
        last_message=_last_message(stored),
    )


def _last_message(stored: StoredRoom) -> LastMessage | None:
    if stored.last_id is None:
        return None
    author = Name(id=stored.last_author_id, display_name=stored.last_author_name)
    return LastMessage(
        id=stored.last_id,
        number=stored.last_number,
        author=author,
        body=stored.last_body,
        created_at=stored.last_at,
        file_count=stored.last_file_count,
    )


def _person(stored: StoredPerson, *, is_online: bool, shows_part: bool) -> Person:
    return Person(
        id=stored.user_id,
        display_name=stored.display_name,
        role=MemberRole(stored.role) if shows_part else None,
        read_number=stored.read_number,
        is_online=is_online,
    )
