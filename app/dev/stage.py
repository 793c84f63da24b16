"""How the demo's people do what they do: through the services, as by hand. Each act is one person's, at one time."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from prometheus_client import CollectorRegistry
from sqlalchemy import text
from starlette.requests import Request

from app.accounts.principal import Principal
from app.accounts.roles import Role
from app.chat.service import ChatService
from app.core.database import Database
from app.core.pagination import Page
from app.core.types import HostId
from app.dev.mailman import Mailman
from app.files.intake import Intake
from app.files.pictures import Pictures
from app.files.uploads import Uploads
from app.issues.service import IssueService
from app.notifications.events import types_told
from app.notifications.service import NotificationService
from app.preferences.service import PreferenceService
from app.presence.board import PresenceBoard
from app.projects.preflight import HostSchema
from app.projects.service import ProjectService
from app.settings import QUIET
from app.storage.store import Storage
from app.tasks.approvals import ApprovalService
from app.tasks.service import TaskService, progress_by_project

_ROOM_LIMIT = 100 * 1024 * 1024

_TIMES: Mapping[str, tuple[str, ...]] = {
    "messages": ("created_at",),
    "files": ("created_at", "shared_at"),
    "issues": ("created_at", "updated_at"),
    "issue_changes": ("at",),
    "tasks": ("created_at", "updated_at", "completed_at"),
    "task_changes": ("at",),
    "approvals": ("created_at", "decided_at"),
    "notifications": ("created_at",),
    "email_items": ("created_at",),
    "rooms": ("active_at",),
}
_MOMENT = "CAST(:moment AS timestamptz)"


def _dated(table: str, columns: Iterable[str]) -> str:
    dated = ", ".join(f"{column} = least({column}, {_MOMENT})" for column in columns)
    is_later = " OR ".join(f"{column} > {_MOMENT}" for column in columns)
    return f"{table}_dated AS (UPDATE client_portal.{table} SET {dated} WHERE {is_later})"  # noqa: S608 (our names)


_EMAILS_DATED = f"""emails_dated AS (UPDATE client_portal.email_outbox
    SET created_at = {_MOMENT}, due_at = {_MOMENT} + CAST(:quiet AS interval) WHERE created_at > {_MOMENT})"""  # noqa: S608
# What has just been made was made at that moment: all that was made before is earlier.
_NOTHING_LATER = text(
    f"WITH {', '.join(_dated(table, columns) for table, columns in _TIMES.items())}, {_EMAILS_DATED} SELECT"
)


class Person(NamedTuple):
    """One of a project's people."""

    user_id: HostId
    role: Role
    project_id: HostId

    @property
    def principal(self) -> Principal:
        return Principal(self.user_id, frozenset({self.role}), frozenset(), 0, None)


class Stage:
    """The services, and what was made so far by the names that the story gives it."""

    def __init__(self, database: Database, host: HostSchema, storage: Storage, mailman: Mailman) -> None:
        self.database = database
        self._mailman = mailman
        self.preferences = PreferenceService(database, types_told, QUIET)
        self.notifications = NotificationService(database, CollectorRegistry())
        projects = ProjectService(
            database, host, self.notifications.unread_by_project, partial(progress_by_project, database)
        )
        self.chat = ChatService(database, host, projects, self.notifications, PresenceBoard(database))
        self.issues = IssueService(database, host, projects, self.notifications)
        self.tasks = TaskService(database, projects, self.notifications)
        self.approvals = ApprovalService(database, projects, self.notifications)
        self.uploads = Uploads(database, host, self.notifications, storage, Pictures(), room_limit=_ROOM_LIMIT)
        self.made: dict[str, UUID] = {}

    async def play(self, acts: Iterable["Act"], now: datetime) -> None:
        """Performs these, the earliest first, and dates what each has made; e-mail goes out in between, as it is due.

        ``now`` is when the story ends.
        """
        for act in sorted(acts, key=lambda each: each.ago, reverse=True):
            moment = now - act.ago
            await self._mailman.send_due(moment)
            await act.perform(self)
            async with self.database.transaction() as transaction:
                await transaction.connection.execute(_NOTHING_LATER, {"moment": moment, "quiet": QUIET})
        await self._mailman.send_due(now)

    async def room(self, person: Person) -> tuple[UUID, int]:
        """The room of the person's project, and the number of its last message."""
        (room,) = (await self.chat.rooms(person.principal, Page(None, 1)))[0]
        return room.id, room.last_number

    async def catch_up(self, person: Person) -> None:
        """The person reads all that they were told."""
        room_id, last_number = await self.room(person)
        await self.notifications.mark_all_read(person.principal)
        async with self.database.transaction() as transaction:
            await self.chat.mark_read(transaction, person.principal, room_id, last_number)

    async def draft(self, person: Person, files: Mapping[str, bytes]) -> list[UUID]:
        """Uploads files that are to be attached."""
        return [await self.upload(person, name, content, is_draft=True) for name, content in files.items()]

    async def upload(self, person: Person, name: str, content: bytes, *, is_draft: bool = False) -> UUID:
        room_id, _ = await self.room(person)
        sent = _sent(name, content)
        return (await self.uploads.upload(person.principal, room_id, None, sent, is_draft=is_draft))[0].id


@dataclass(frozen=True, kw_only=True)
class Act(ABC):
    """What one person does, so long before now."""

    by: Person
    ago: timedelta

    @abstractmethod
    async def perform(self, stage: Stage) -> None: ...


def _sent(name: str, content: bytes) -> Intake:
    """A file as a browser sends it."""
    head = f'--demo\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    body = head.encode() + content + b"\r\n--demo--\r\n"

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    headers = [(b"content-type", b"multipart/form-data; boundary=demo")]
    return Intake(Request({"type": "http", "method": "POST", "headers": headers}, receive), len(body))
