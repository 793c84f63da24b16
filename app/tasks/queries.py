"""All SQL of tasks and of what has changed in them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Date,
    Integer,
    Numeric,
    Select,
    Text,
    Uuid,
    and_,
    bindparam,
    case,
    delete,
    func,
    insert,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from app.accounts.models import Account
from app.accounts.principal import Principal
from app.core.database import fetch
from app.core.pagination import Cursor
from app.core.types import HOST_ID, HostId
from app.projects.access import ACTOR, reachable_projects
from app.projects.models import ProjectMember
from app.projects.queries import NAMELESS
from app.projects.roles import MemberRole
from app.tasks.models import Task, TaskChange, TaskStatus

_TASK_ID = bindparam("task_id", type_=Uuid)
_PROJECT_ID = bindparam("project_id", type_=HOST_ID)

_Assignee, _Author = aliased(Account), aliased(Account)


@dataclass(frozen=True, slots=True)
class StoredTask:
    """``assignee_name`` is None too when they have left the project's team: people name those they work with only."""

    id: UUID
    project_id: HostId
    title: str
    description: str
    status: str
    due_on: date | None
    assignee_id: HostId | None
    assignee_name: str | None
    author_id: HostId
    author_name: str
    position: Decimal
    version: int
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None


_TASKS = (
    select(
        Task.id,
        Task.project_id,
        Task.title,
        Task.description,
        Task.status,
        Task.due_on,
        Task.assignee_id,
        case((ProjectMember.user_id.is_not(None), func.coalesce(_Assignee.display_name, NAMELESS))),
        Task.author_id,
        func.coalesce(_Author.display_name, NAMELESS),
        Task.position,
        Task.version,
        Task.created_at,
        Task.updated_at,
        Task.completed_at,
    )
    .select_from(Task)
    .outerjoin(
        ProjectMember,
        and_(
            ProjectMember.project_id == Task.project_id,
            ProjectMember.user_id == Task.assignee_id,
            ProjectMember.role != MemberRole.CLIENT,
        ),
    )
    .outerjoin(_Assignee, _Assignee.user_id == Task.assignee_id)
    .outerjoin(_Author, _Author.user_id == Task.author_id)
)


async def tasks(
    connection: AsyncConnection,
    actor: Principal,
    project_id: HostId,
    after: Cursor | None,
    limit: int,
    filters: Mapping[str, Any],
) -> list[StoredTask]:
    """Tasks of a project in reach, in their order. Filters: ``status``."""
    parameters = {"actor_id": actor.user_id, "project_id": project_id, "rows": limit} | dict(filters)
    if after is not None:
        parameters |= {"after_position": after.decimal, "after_id": after.id}
    statement = _page(reachable_projects(actor), frozenset(filters), is_first=after is None)
    return [StoredTask(*row) for row in await fetch(connection, statement, parameters)]


@cache
def _page(reachable: Select[HostId], filtered: frozenset[str], *, is_first: bool) -> Select[*tuple[Any, ...]]:
    statement = _TASKS.where(Task.project_id == _PROJECT_ID, Task.project_id.in_(reachable))
    if "status" in filtered:
        statement = statement.where(Task.status == bindparam("status", type_=Text))
    if not is_first:
        place = tuple_(bindparam("after_position", type_=Numeric), bindparam("after_id", type_=Uuid))
        statement = statement.where(tuple_(Task.position, Task.id) > place)
    return statement.order_by(Task.position, Task.id).limit(bindparam("rows"))


async def task(connection: AsyncConnection, actor: Principal, task_id: UUID) -> StoredTask | None:
    """The task, if its project is in reach."""
    return await _one(connection, _task(reachable_projects(actor), is_held=False), actor, task_id)


async def held_task(connection: AsyncConnection, actor: Principal, task_id: UUID) -> StoredTask | None:
    """The same, as it is once nobody else changes it; nobody will until the transaction ends."""
    return await _one(connection, _task(reachable_projects(actor), is_held=True), actor, task_id)


async def _one(
    connection: AsyncConnection, statement: Select[*tuple[Any, ...]], actor: Principal, task_id: UUID
) -> StoredTask | None:
    rows = await fetch(connection, statement, {"actor_id": actor.user_id, "task_id": task_id})
    return StoredTask(*rows[0]) if rows else None


@cache
def _task(reachable: Select[HostId], *, is_held: bool) -> Select[*tuple[Any, ...]]:
    statement = _TASKS.where(Task.id == _TASK_ID, Task.project_id.in_(reachable))
    return statement.with_for_update(of=Task) if is_held else statement


_last = select(func.coalesce(func.floor(func.max(Task.position)), 0)).where(Task.project_id == _PROJECT_ID)
_status = bindparam("status", type_=Text)
_INSERT = (
    insert(Task)
    .values(
        id=_TASK_ID,
        project_id=_PROJECT_ID,
        author_id=ACTOR,
        title=bindparam("title", type_=Text),
        description=bindparam("description", type_=Text),
        status=_status,
        due_on=bindparam("due_on", type_=Date),
        assignee_id=bindparam("assignee_id", type_=HOST_ID),
        position=_last.scalar_subquery() + 1,
        completed_at=case((_status == TaskStatus.DONE.value, func.clock_timestamp())),
    )
    .returning(Task.id)
)


async def insert_task(
    connection: AsyncConnection, actor: Principal, project_id: HostId, task_id: UUID, content: Mapping[str, Any]
) -> None:
    """Adds a task at the end of the project's list, whose order is held.

    Raises ``asyncpg.UniqueViolationError`` when the id is in use.
    """
    own = {"actor_id": actor.user_id, "project_id": project_id, "task_id": task_id}
    await fetch(connection, _INSERT, own | dict(content))


async def update_task(connection: AsyncConnection, task_id: UUID, version: int, content: Mapping[str, Any]) -> None:
    """Changes what a held task says."""
    values = _columns(content) | {"version": version, "updated_at": func.clock_timestamp()}
    await connection.execute(update(Task).where(Task.id == task_id).values(values))


def _columns(content: Mapping[str, Any]) -> dict[str, Any]:
    if "status" not in content:
        return dict(content)
    is_done = content["status"] == TaskStatus.DONE
    return dict(content) | {"completed_at": func.clock_timestamp() if is_done else None}


async def delete_task(connection: AsyncConnection, task_id: UUID) -> None:
    """Deletes a held task that nobody was asked about, and what was kept of its changes."""
    await connection.execute(delete(TaskChange).where(TaskChange.task_id == task_id))
    await connection.execute(delete(Task).where(Task.id == task_id))


@dataclass(frozen=True, slots=True)
class StoredChange:
    """The version that a change led to, and each field as it was and as it became."""

    version: int
    actor_id: HostId
    actor_name: str
    at: datetime
    fields: dict[str, dict[str, Any]]


async def insert_change(
    connection: AsyncConnection, actor: Principal, task_id: UUID, version: int, fields: Mapping[str, Any]
) -> None:
    values = {"task_id": task_id, "version": version, "actor_id": actor.user_id, "changes": dict(fields)}
    await connection.execute(insert(TaskChange).values(values))


_CHANGES = (
    select(
        TaskChange.version,
        TaskChange.actor_id,
        func.coalesce(Account.display_name, NAMELESS),
        TaskChange.at,
        TaskChange.changes,
    )
    .outerjoin(Account, Account.user_id == TaskChange.actor_id)
    .where(TaskChange.task_id == _TASK_ID, TaskChange.version > bindparam("version", type_=Integer))
    .order_by(TaskChange.version)
)


async def changes_since(connection: AsyncConnection, task_id: UUID, version: int) -> list[StoredChange]:
    """What has changed since the task had that version, oldest first."""
    rows = await fetch(connection, _CHANGES, {"task_id": task_id, "version": version})
    return [StoredChange(*row) for row in rows]


_PROGRESS = (
    select(Task.project_id, func.count().filter(Task.status == TaskStatus.DONE), func.count())
    .where(Task.project_id == func.any(bindparam("project_ids", type_=ARRAY(HOST_ID))))
    .group_by(Task.project_id)
)


async def progress(connection: AsyncConnection, project_ids: Sequence[HostId]) -> dict[HostId, tuple[int, int]]:
    """Of each project's tasks, how many are done and how many there are; projects without any are left out."""
    rows = await fetch(connection, _PROGRESS, {"project_ids": project_ids})
    return {row[0]: (row[1], row[2]) for row in rows}
