"""Issues and requirements: who raises them, who changes what of them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.principal import Principal
from app.core.database import Database, Transaction
from app.core.errors import NotFound
from app.core.pagination import Cursor, Page, cut
from app.core.types import HostId
from app.files.attachments import attach, attached
from app.files.models import AttachedTo
from app.files.schemas import FileItem
from app.issues import queries
from app.issues.judgement import differences, require_authority, require_possible
from app.issues.queries import StoredChange, StoredIssue
from app.issues.schemas import Issue, IssuePatch, IssueWithHistory, NewIssue
from app.issues.wire import change_on_wire, event_of, ids_of, issue_on_wire, with_history
from app.notifications.service import NotificationService
from app.projects.changes import Changed, changed
from app.projects.preflight import HostSchema
from app.projects.refusals import changed_meanwhile, id_in_use, room_closed
from app.projects.service import ProjectService


class IssueService:
    """Reads and writes through what the actor reaches; each write is a transaction of its own."""

    def __init__(
        self, database: Database, host: HostSchema, projects: ProjectService, notifications: NotificationService
    ) -> None:
        self._database = database
        self._host = host
        self._projects = projects
        self._notifications = notifications

    async def issues_of_room(
        self, actor: Principal, room_id: UUID, page: Page, filters: Mapping[str, Any]
    ) -> tuple[list[Issue], str | None]:
        """One page of a room's issues, newest first; raises ``NotFound`` if the room is out of reach."""
        async with self._database.reading() as connection:
            found, next_cursor = await self._page(connection, actor, page, {**filters, "room_id": room_id})
            if not found and await queries.room_is_open(connection, actor, room_id) is None:
                raise NotFound
        return found, next_cursor

    async def issues_of_project(
        self, actor: Principal, project_id: HostId, page: Page, filters: Mapping[str, Any]
    ) -> tuple[list[Issue], str | None]:
        """One page of the issues of a project's rooms in reach; raises ``NotFound`` if the project is not."""
        async with self._database.reading() as connection:
            await self._projects.find(connection, actor, project_id)
            return await self._page(connection, actor, page, {**filters, "project_id": project_id})

    async def issue(self, actor: Principal, issue_id: UUID) -> IssueWithHistory:
        """One issue and how its status has changed; raises ``NotFound`` out of reach."""
        async with self._database.reading() as connection:
            found = await queries.issue(connection, self._host, actor, issue_id)
            if found is None:
                raise NotFound
            return await _whole(connection, found)

    async def create(self, actor: Principal, room_id: UUID, new: NewIssue) -> tuple[Issue, bool]:
        """Raises an issue and tells the team; answers it, and whether it was new.

        The same one sent again is answered as it is now, whatever became of it. Raises ``NotFound`` out of reach,
        ``Conflict`` when the room is closed or the id belongs to another issue, ``Invalid`` for files it cannot have.
        A transaction of its own: whether an id is taken shows only when the write fails.
        """
        issue_id = new.id or uuid4()
        try:
            async with self._database.transaction() as transaction:
                created = await self._insert(transaction, actor, room_id, issue_id, new)
        except asyncpg.UniqueViolationError:
            created = None
        return (created, True) if created else (await self._created_before(actor, room_id, issue_id, new), False)

    async def change(
        self, actor: Principal, issue_id: UUID, patch: IssuePatch, seen: int | None = None
    ) -> IssueWithHistory:
        """Changes what the patch gives, if it differs; ``seen`` is the version the actor knows, if they say so.

        Raises ``NotFound`` out of reach, ``Forbidden`` for what is not the actor's to change, and ``Conflict`` when it
        has been changed meanwhile or is not in a state for that.
        """
        async with self._database.transaction() as transaction:
            connection = transaction.connection
            held = await queries.issue(connection, self._host, actor, issue_id, is_held=True)
            if held is None:
                raise NotFound
            require_authority(actor, held, patch)
            changes = differences(held, patch)
            if changes:
                await _require_seen(connection, held, seen)
                require_possible(held, changes, patch.reason)
                await _apply(transaction, actor, held, changes, patch.reason)
                held = await queries.issue(connection, self._host, actor, issue_id) or held
            return await _whole(connection, held)

    async def _page(
        self, connection: AsyncConnection, actor: Principal, page: Page, filters: Mapping[str, Any]
    ) -> tuple[list[Issue], str | None]:
        rows = await queries.issues(connection, self._host, actor, page.after, page.limit + 1, filters)
        found, next_cursor = cut(rows, page.limit, lambda each: Cursor.at(each.created_at, each.id))
        with_files = [each.id for each in found if each.file_count]
        files = await attached(connection, AttachedTo.ISSUE, with_files)
        return [issue_on_wire(each, files.get(each.id, [])) for each in found], next_cursor

    async def _insert(
        self, transaction: Transaction, actor: Principal, room_id: UUID, issue_id: UUID, new: NewIssue
    ) -> Issue | None:
        connection = transaction.connection
        columns = {"kind": new.kind, "title": new.title, "body": new.body, "file_count": len(new.file_ids)}
        if not await queries.insert_issue(connection, actor, room_id, issue_id, columns):
            return None
        files = await attach(transaction, actor, room_id, AttachedTo.ISSUE, issue_id, new.file_ids)
        created = await queries.issue(connection, self._host, actor, issue_id)
        if created is None:
            raise NotFound  # whoever raised it has left the project meanwhile
        transaction.signals.append(changed(Changed.ISSUE, issue_id, created.project_id, created.client_id))
        await self._notifications.notify(transaction, event_of(created))
        return issue_on_wire(created, files)

    async def _created_before(self, actor: Principal, room_id: UUID, issue_id: UUID, new: NewIssue) -> Issue:
        """The issue of that id if it is this one; raises what kept it from being written otherwise."""
        async with self._database.reading() as connection:
            is_open = await queries.room_is_open(connection, actor, room_id)
            if is_open is None:
                raise NotFound
            found = await queries.issue(connection, self._host, actor, issue_id)
            files = await _files_of(connection, found) if found else []
            changes = await queries.changes_since(connection, issue_id, 0) if found else []
        if found is not None and _is_same(_as_created(found, changes), files, actor, room_id, new):
            return issue_on_wire(found, files)
        if found is None and not is_open:
            raise room_closed()
        raise id_in_use("issue")


def _is_same(found: StoredIssue, files: Sequence[FileItem], actor: Principal, room_id: UUID, new: NewIssue) -> bool:
    stored = (found.room_id, found.author_id, found.kind, found.title, found.body, ids_of(files))
    return stored == (room_id, actor.user_id, new.kind, new.title, new.body, new.file_ids)


def _as_created(found: StoredIssue, changes: Sequence[StoredChange]) -> StoredIssue:
    """What the issue said before all of its changes."""
    said: dict[str, Any] = {
        field: each["before"] for change in reversed(changes) for field, each in change.fields.items()
    }
    return replace(found, **said)


async def _require_seen(connection: AsyncConnection, held: StoredIssue, seen: int | None) -> None:
    """Raises ``Conflict``, with what has changed since, when the actor knows another version than the held one."""
    if seen is None or seen == held.version:
        return
    changes = await queries.changes_since(connection, held.id, min(seen, held.version))
    raise changed_meanwhile(await _whole(connection, held), [change_on_wire(each) for each in changes])


async def _apply(
    transaction: Transaction, actor: Principal, held: StoredIssue, changes: Mapping[str, str], reason: str | None
) -> None:
    version = await queries.change_issue(transaction.connection, held, changes)
    await queries.insert_change(transaction.connection, actor, held, version, changes, reason)
    transaction.signals.append(changed(Changed.ISSUE, held.id, held.project_id, held.client_id))


async def _whole(connection: AsyncConnection, stored: StoredIssue) -> IssueWithHistory:
    return with_history(stored, await _files_of(connection, stored), await queries.history(connection, stored.id))


async def _files_of(connection: AsyncConnection, stored: StoredIssue) -> list[FileItem]:
    if not stored.file_count:
        return []
    return (await attached(connection, AttachedTo.ISSUE, [stored.id])).get(stored.id, [])
