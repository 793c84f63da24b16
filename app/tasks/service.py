"""Tasks: what is to be done in a project, who changes what of it, and how far it is."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from pydantic_core import to_jsonable_python
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.principal import Principal
from app.core.database import Database, Transaction
from app.core.errors import Conflict, Invalid, NotFound
from app.core.pagination import Cursor, Page, cut
from app.core.types import HostId
from app.notifications.events import SOURCES, SourceKind
from app.notifications.service import NotificationService, take_back
from app.preferences.event_types import EventType
from app.projects.changes import Changed, changed
from app.projects.queries import StoredProject, display_name, people
from app.projects.refusals import changed_meanwhile, id_in_use
from app.projects.roles import MemberRole
from app.projects.schemas import Progress
from app.projects.service import ProjectService
from app.tasks import approval_queries, order_queries, queries
from app.tasks.approvals import approvals_of, supersede
from app.tasks.models import TaskStatus
from app.tasks.queries import StoredChange, StoredTask
from app.tasks.schemas import NewTask, Task, TaskChange
from app.tasks.snapshots import TEXT
from app.tasks.wire import change_on_wire, completed, task_on_wire

_ABOUT_TASKS = [type_ for type_, kind in SOURCES.items() if kind is SourceKind.TASK]


async def progress_by_project(database: Database, project_ids: Sequence[HostId]) -> dict[HostId, Progress]:
    """How far each of these projects is; those without tasks are left out."""
    async with database.reading() as connection:
        found = await queries.progress(connection, project_ids)
    return {project_id: Progress(done=done, total=total) for project_id, (done, total) in found.items()}


class TaskService:
    """Reads through what the actor reaches; a change joins the caller's transaction."""

    def __init__(self, database: Database, projects: ProjectService, notifications: NotificationService) -> None:
        self._database = database
        self._projects = projects
        self._notifications = notifications

    async def tasks(
        self, actor: Principal, project_id: HostId, page: Page, filters: Mapping[str, Any]
    ) -> tuple[list[Task], str | None]:
        """One page of a project's tasks in their order; raises ``NotFound`` if the project is out of reach."""
        async with self._database.reading() as connection:
            await self._projects.find(connection, actor, project_id)
            rows = await queries.tasks(connection, actor, project_id, page.after, page.limit + 1, filters)
            found, next_cursor = cut(rows, page.limit, lambda each: Cursor(f"{each.position:f}", each.id))
            approvals = await approvals_of(connection, actor, [each.id for each in found], latest_only=True)
        return [task_on_wire(each, approvals.get(each.id, [])) for each in found], next_cursor

    async def task(self, actor: Principal, task_id: UUID) -> Task:
        """One task and all that clients were asked about it; raises ``NotFound`` out of reach."""
        async with self._database.reading() as connection:
            return await _whole(connection, actor, await _found(connection, actor, task_id))

    async def create(self, actor: Principal, project_id: HostId, new: NewTask) -> tuple[Task, bool]:
        """Adds a task at the end of the project's list; answers it, and whether it was new. Nobody is told.

        The same one sent again is answered as it is. Raises ``NotFound`` out of reach, ``Forbidden`` for a client,
        ``Invalid`` for an assignee who is not of the team, and ``Conflict`` when the id belongs to another task. A
        transaction of its own: whether an id is taken shows only when the write fails.
        """
        task_id = new.id or uuid4()
        try:
            async with self._database.transaction() as transaction:
                return await self._add(transaction, actor, project_id, task_id, new), True
        except asyncpg.UniqueViolationError:
            return await self._created_before(actor, project_id, task_id, new), False

    async def change(
        self, transaction: Transaction, actor: Principal, task_id: UUID, change: TaskChange, seen: int | None
    ) -> Task:
        """Changes what is given, if it differs, and moves the task; ``seen`` is the version the actor knows.

        Raises ``NotFound`` out of reach, ``Forbidden`` for a client, ``Invalid`` for people or places that are none of
        the project, and ``Conflict`` when somebody else has changed it meanwhile. A move alone never is in conflict.
        """
        connection = transaction.connection
        project_id = (await _found(connection, actor, task_id)).project_id
        project = await self._projects.find_for_work(connection, actor, project_id)
        if change.moves:
            await order_queries.hold_order(connection, project_id)
        held = await _held(connection, actor, task_id)
        content = {field: value for field, value in change.content().items() if getattr(held, field) != value}
        if content:
            await _require_seen(connection, actor, held, seen)
            await self._apply(transaction, actor, project, held, content)
        if change.moves and not await order_queries.move_task(connection, held, change.after_id):
            raise _NO_SUCH_PLACE
        if content or change.moves:
            transaction.signals.append(changed(Changed.TASK, task_id, project_id))
        return await _whole(connection, actor, await _found(connection, actor, task_id))

    async def delete(self, transaction: Transaction, actor: Principal, task_id: UUID) -> None:
        """Takes a task out of the list for good.

        Raises ``NotFound`` out of reach, ``Forbidden`` for a client, and ``Conflict`` when a client was asked about it.
        """
        held = await _held(transaction.connection, actor, task_id)
        await self._projects.find_for_work(transaction.connection, actor, held.project_id)
        if await approval_queries.was_asked_about(transaction.connection, task_id):
            raise Conflict("A client was asked to approve this task: it stays.", slug="has-approvals")
        await queries.delete_task(transaction.connection, task_id)
        await take_back(transaction, held.project_id, task_id, _ABOUT_TASKS)
        transaction.signals.append(changed(Changed.TASK, task_id, held.project_id))

    async def _add(
        self, transaction: Transaction, actor: Principal, project_id: HostId, task_id: UUID, new: NewTask
    ) -> Task:
        connection = transaction.connection
        await self._projects.find_for_work(connection, actor, project_id)
        await _require_of_team(connection, project_id, new.assignee_id)
        await order_queries.hold_order(connection, project_id)
        await queries.insert_task(connection, actor, project_id, task_id, new.content())
        transaction.signals.append(changed(Changed.TASK, task_id, project_id))
        return task_on_wire(await _found(connection, actor, task_id), [])

    async def _created_before(self, actor: Principal, project_id: HostId, task_id: UUID, new: NewTask) -> Task:
        """The task of that id if it is this one, whatever became of it; raises ``Conflict`` otherwise."""
        async with self._database.reading() as connection:
            found = await queries.task(connection, actor, task_id)
            if found is not None and (found.project_id, found.author_id) == (project_id, actor.user_id):
                content = new.content()
                if _as_created(found, await queries.changes_since(connection, task_id, 0), content) == content:
                    return await _whole(connection, actor, found)
        raise id_in_use("task")

    async def _apply(
        self,
        transaction: Transaction,
        actor: Principal,
        project: StoredProject,
        held: StoredTask,
        content: Mapping[str, Any],
    ) -> None:
        connection = transaction.connection
        await _require_of_team(connection, project.id, content.get("assignee_id"))
        version = held.version + 1
        fields = {field: {"before": getattr(held, field), "after": value} for field, value in content.items()}
        await queries.update_task(connection, held.id, version, content)
        await queries.insert_change(connection, actor, held.id, version, to_jsonable_python(fields))
        if not TEXT.isdisjoint(content):
            await supersede(transaction, project.id, held.id)
        if "status" in content and held.status == TaskStatus.DONE:
            await take_back(transaction, project.id, held.id, [EventType.TASK_COMPLETED])
        if content.get("status") == TaskStatus.DONE:
            name = await display_name(connection, actor)
            event = completed(actor, name, project, replace(held, **content, version=version))
            await self._notifications.notify(transaction, event)


async def _found(connection: AsyncConnection, actor: Principal, task_id: UUID) -> StoredTask:
    found = await queries.task(connection, actor, task_id)
    if found is None:
        raise NotFound
    return found


async def _held(connection: AsyncConnection, actor: Principal, task_id: UUID) -> StoredTask:
    held = await queries.held_task(connection, actor, task_id)
    if held is None:
        raise NotFound
    return held


async def _whole(connection: AsyncConnection, actor: Principal, task: StoredTask) -> Task:
    approvals = await approvals_of(connection, actor, [task.id], latest_only=False)
    return task_on_wire(task, approvals.get(task.id, []))


async def _require_seen(connection: AsyncConnection, actor: Principal, held: StoredTask, seen: int | None) -> None:
    """Raises ``Conflict``, with what has changed since, when the actor knows another version than the held one."""
    if seen is None or seen == held.version:
        return
    changes = await queries.changes_since(connection, held.id, min(seen, held.version))
    raise changed_meanwhile(await _whole(connection, actor, held), [change_on_wire(each) for each in changes])


async def _require_of_team(connection: AsyncConnection, project_id: HostId, assignee_id: HostId | None) -> None:
    """Raises ``Invalid`` for an assignee who does not work on the project, or cannot sign in."""
    if assignee_id is None:
        return
    team = {each.user_id for each in await people(connection, project_id) if each.role != MemberRole.CLIENT}
    if assignee_id not in team:
        raise _NOT_OF_TEAM


def _as_created(found: StoredTask, changes: Sequence[StoredChange], content: Mapping[str, Any]) -> dict[str, Any]:
    """What the task said before all of its changes, in the types of the content it is compared with."""
    said = {field: getattr(found, field) for field in content}
    for change in reversed(changes):
        said |= {field: each["before"] for field, each in change.fields.items()}
    return NewTask.model_validate(said).content()


def _invalid(field: str, message: str) -> Invalid:
    return Invalid(f"{field}: {message}.", errors=[{"loc": ["body", field], "msg": message, "type": field}])


_NOT_OF_TEAM = _invalid("assignee_id", "Not one of this project's team")
_NO_SUCH_PLACE = _invalid("after_id", "Not another task of this project")
