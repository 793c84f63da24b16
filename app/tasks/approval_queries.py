"""All SQL of approvals."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Select, Text, Uuid, and_, bindparam, case, exists, func, insert, select, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from app.accounts.models import Account
from app.accounts.principal import Principal
from app.core.database import fetch
from app.core.types import HOST_ID, HostId
from app.projects.access import ACTOR, ROOM_IS_OPEN, reachable_rooms
from app.projects.models import Room
from app.projects.queries import NAMELESS
from app.tasks.models import Approval, ApprovalState, Task

_Client, _Requester, _Decider = aliased(Account), aliased(Account), aliased(Account)

_TASK_ID = bindparam("task_id", type_=Uuid)
_TASK_IDS = bindparam("task_ids", type_=ARRAY(Uuid))


@dataclass(frozen=True, slots=True)
class StoredApproval:
    """``title``, ``description`` and ``due_on`` are the task's as it is now, to compare with the snapshot.

    What still waits when its client has left the project is ``superseded`` until they are back: nobody is asked.
    """

    id: UUID
    task_id: UUID
    project_id: HostId
    room_id: UUID
    client_id: HostId
    client_name: str
    requester_id: HostId
    requester_name: str
    note: str
    snapshot: dict[str, Any]
    snapshot_hash: str
    state: str
    comment: str | None
    decider_id: HostId | None
    decider_name: str | None
    file_count: int
    created_at: datetime
    decided_at: datetime | None
    title: str
    description: str
    due_on: date | None


_IS_ASKED_OF_NOBODY = and_(Approval.state == ApprovalState.PENDING.value, ~ROOM_IS_OPEN)

_APPROVALS = (
    select(
        Approval.id,
        Approval.task_id,
        Room.project_id,
        Approval.room_id,
        Room.client_id,
        func.coalesce(_Client.display_name, NAMELESS),
        Approval.requester_id,
        func.coalesce(_Requester.display_name, NAMELESS),
        Approval.note,
        Approval.snapshot,
        Approval.snapshot_hash,
        case((_IS_ASKED_OF_NOBODY, ApprovalState.SUPERSEDED.value), else_=Approval.state),
        Approval.comment,
        Approval.decider_id,
        case((Approval.decider_id.is_not(None), func.coalesce(_Decider.display_name, NAMELESS))),
        Approval.file_count,
        Approval.created_at,
        Approval.decided_at,
        Task.title,
        Task.description,
        Task.due_on,
    )
    .select_from(Approval)
    .join(Room, Room.id == Approval.room_id)
    .join(Task, Task.id == Approval.task_id)
    .outerjoin(_Client, _Client.user_id == Room.client_id)
    .outerjoin(_Requester, _Requester.user_id == Approval.requester_id)
    .outerjoin(_Decider, _Decider.user_id == Approval.decider_id)
)


async def approval(connection: AsyncConnection, actor: Principal, approval_id: UUID) -> StoredApproval | None:
    """The request, if its room is in reach."""
    return await _one(connection, _approval(reachable_rooms(actor), is_held=False), actor, approval_id)


async def held_approval(connection: AsyncConnection, actor: Principal, approval_id: UUID) -> StoredApproval | None:
    """The same, as it is once nobody else changes it; nobody will until the transaction ends."""
    return await _one(connection, _approval(reachable_rooms(actor), is_held=True), actor, approval_id)


async def _one(
    connection: AsyncConnection, statement: Select[*tuple[Any, ...]], actor: Principal, approval_id: UUID
) -> StoredApproval | None:
    rows = await fetch(connection, statement, {"actor_id": actor.user_id, "approval_id": approval_id})
    return StoredApproval(*rows[0]) if rows else None


@cache
def _approval(reachable: Select[UUID], *, is_held: bool) -> Select[*tuple[Any, ...]]:
    statement = _APPROVALS.where(Approval.id == bindparam("approval_id", type_=Uuid), Approval.room_id.in_(reachable))
    return statement.with_for_update(of=Approval) if is_held else statement


async def approvals(
    connection: AsyncConnection, actor: Principal, task_ids: Sequence[UUID], *, latest_only: bool
) -> list[StoredApproval]:
    """Requests about these tasks in rooms in reach, newest first; of each task and room the latest, or all."""
    statement = _of_tasks(reachable_rooms(actor), latest_only=latest_only)
    parameters = {"actor_id": actor.user_id, "task_ids": task_ids}
    return [StoredApproval(*row) for row in await fetch(connection, statement, parameters)]


@cache
def _of_tasks(reachable: Select[UUID], *, latest_only: bool) -> Select[*tuple[Any, ...]]:
    found = _APPROVALS.where(Approval.task_id == func.any(_TASK_IDS), Approval.room_id.in_(reachable))
    newest_first = (Approval.created_at.desc(), Approval.id.desc())
    if latest_only:
        latest = (
            select(Approval.id)
            .ext(distinct_on(Approval.task_id, Approval.room_id))
            .where(Approval.task_id == func.any(_TASK_IDS), Approval.room_id.in_(reachable))
            .order_by(Approval.task_id, Approval.room_id, *newest_first)
        )
        found = _APPROVALS.where(Approval.id.in_(latest))
    return found.order_by(*newest_first)


@cache
def _open_room(reachable: Select[UUID]) -> Select[UUID]:
    return select(Room.id).where(
        Room.project_id == bindparam("project_id", type_=HOST_ID),
        Room.client_id == bindparam("client_id", type_=HOST_ID),
        Room.id.in_(reachable),
        ROOM_IS_OPEN,
    )


async def open_room(
    connection: AsyncConnection, actor: Principal, project_id: HostId, client_id: HostId
) -> UUID | None:
    """The room of one of the project's clients, if it is open and in reach."""
    parameters = {"actor_id": actor.user_id, "project_id": project_id, "client_id": client_id}
    rows = await fetch(connection, _open_room(reachable_rooms(actor)), parameters)
    return rows[0][0] if rows else None


_WAS_ASKED = select(exists().where(Approval.task_id == _TASK_ID))


async def was_asked_about(connection: AsyncConnection, task_id: UUID) -> bool:
    """Whether anybody was ever asked to approve the task."""
    return bool((await fetch(connection, _WAS_ASKED, {"task_id": task_id}))[0][0])


_SUPERSEDE = (
    update(Approval)
    .where(Approval.task_id == _TASK_ID, Approval.state == ApprovalState.PENDING, Room.id == Approval.room_id)
    .values(state=ApprovalState.SUPERSEDED.value)
    .returning(Approval.id, Room.client_id)
)
_SUPERSEDE_IN_ROOM = _SUPERSEDE.where(Approval.room_id == bindparam("in_room", type_=Uuid))


async def supersede(
    connection: AsyncConnection, task_id: UUID, room_id: UUID | None = None
) -> list[tuple[UUID, HostId]]:
    """Ends the requests about the task that wait for an answer, in one room or all; answers them and their clients."""
    statement = _SUPERSEDE if room_id is None else _SUPERSEDE_IN_ROOM
    rows = await fetch(connection, statement, {"task_id": task_id, "in_room": room_id})
    return [(row[0], row[1]) for row in rows]


_INSERT = (
    insert(Approval)
    .values(
        id=bindparam("approval_id", type_=Uuid),
        task_id=_TASK_ID,
        room_id=bindparam("in_room", type_=Uuid),
        requester_id=ACTOR,
        note=bindparam("note", type_=Text),
        snapshot=bindparam("snapshot", type_=JSONB),
        snapshot_hash=bindparam("snapshot_hash", type_=Text),
        file_count=bindparam("file_count", type_=Integer),
    )
    .returning(Approval.id)
)


async def insert_approval(
    connection: AsyncConnection,
    actor: Principal,
    approval_id: UUID,
    *,
    task_id: UUID,
    room_id: UUID,
    note: str,
    snapshot: Mapping[str, Any],
    snapshot_hash: str,
) -> None:
    """Writes a request of the actor's. Raises ``asyncpg.UniqueViolationError`` when the id is in use."""
    columns = {
        "actor_id": actor.user_id,
        "approval_id": approval_id,
        "task_id": task_id,
        "in_room": room_id,
        "note": note,
        "snapshot": json.dumps(snapshot),
        "snapshot_hash": snapshot_hash,
        "file_count": len(snapshot["files"]),
    }
    await fetch(connection, _INSERT, columns)


_DECIDE = (
    update(Approval)
    .where(Approval.id == bindparam("approval_id", type_=Uuid))
    .values(
        state=bindparam("decision", type_=Text),
        comment=bindparam("said", type_=Text),
        decider_id=bindparam("decider", type_=HOST_ID),
        decided_at=func.clock_timestamp(),
    )
    .returning(Approval.id)
)


async def decide(
    connection: AsyncConnection, approval_id: UUID, decider_id: HostId, decision: str, comment: str | None
) -> None:
    """Writes what the client said to a held request, or somebody for them."""
    said = {"approval_id": approval_id, "decider": decider_id, "decision": decision, "said": comment}
    await fetch(connection, _DECIDE, said)
