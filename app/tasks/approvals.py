"""Approvals: a client is asked about a task as it is, and says once what they think of it."""

from collections.abc import Sequence
from uuid import UUID, uuid4

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.principal import Principal
from app.accounts.roles import Permission
from app.core.database import Database, Transaction
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.types import HostId
from app.files.attachments import attach, attached
from app.files.models import AttachedTo
from app.notifications.service import NotificationService, take_back
from app.preferences.event_types import EventType
from app.projects.changes import Changed, changed
from app.projects.queries import StoredProject
from app.projects.refusals import id_in_use
from app.projects.roles import MemberRole
from app.projects.service import ProjectService
from app.tasks import approval_queries, queries
from app.tasks.approval_queries import StoredApproval
from app.tasks.models import ApprovalState
from app.tasks.schemas import Approval, ApprovalDecision, NewApproval
from app.tasks.snapshots import hash_of, take_snapshot
from app.tasks.wire import approval_on_wire, approvals_by_task, decided, requested


async def approvals_of(
    connection: AsyncConnection, actor: Principal, task_ids: Sequence[UUID], *, latest_only: bool
) -> dict[UUID, list[Approval]]:
    """Of each task the requests in rooms in reach, newest first: all of them, or the latest of each room."""
    if not task_ids:
        return {}
    found = await approval_queries.approvals(connection, actor, task_ids, latest_only=latest_only)
    files = await attached(connection, AttachedTo.APPROVAL, [each.id for each in found if each.file_count])
    return approvals_by_task(found, files)


async def supersede(transaction: Transaction, project_id: HostId, task_id: UUID, room_id: UUID | None = None) -> None:
    """What waits for an answer about a held task is no longer asked: in one room, or in all."""
    superseded = await approval_queries.supersede(transaction.connection, task_id, room_id)
    for approval_id, client_id in superseded:
        transaction.signals.append(changed(Changed.APPROVAL, approval_id, project_id, client_id))
    if superseded:
        await _no_longer_asked(transaction, project_id, task_id, [client_id for _, client_id in superseded])


class ApprovalService:
    """Reads through what the actor reaches; a decision joins the caller's transaction."""

    def __init__(self, database: Database, projects: ProjectService, notifications: NotificationService) -> None:
        self._database = database
        self._projects = projects
        self._notifications = notifications

    async def approval(self, actor: Principal, approval_id: UUID) -> Approval:
        """One request; raises ``NotFound`` out of reach."""
        async with self._database.reading() as connection:
            found = await approval_queries.approval(connection, actor, approval_id)
            if found is None:
                raise NotFound
            return await _with_files(connection, found)

    async def request(self, actor: Principal, task_id: UUID, new: NewApproval) -> tuple[Approval, bool]:
        """Asks a client to approve the task as it is now; answers the request, and whether it was new.

        The same one sent again is answered as it is; an older one to the same client that waits is superseded. Raises
        ``NotFound`` out of reach, ``Forbidden`` for who is not a developer there, ``Invalid`` for a client who cannot
        be asked or files that are none of their room, and ``Conflict`` when the id belongs to another request. A
        transaction of its own: whether an id is taken shows only when the write fails.
        """
        approval_id = new.id or uuid4()
        try:
            async with self._database.transaction() as transaction:
                return await self._ask(transaction, actor, task_id, approval_id, new), True
        except asyncpg.UniqueViolationError:
            return await self._asked_before(actor, task_id, approval_id, new), False

    async def decide(
        self, transaction: Transaction, actor: Principal, approval_id: UUID, said: ApprovalDecision
    ) -> Approval:
        """The client who was asked says what they think, or an admin says it for them; once.

        Raises ``NotFound`` out of reach, ``Forbidden`` for anybody else, and ``Conflict`` when it is no longer asked.
        """
        connection = transaction.connection
        held = await approval_queries.held_approval(connection, actor, approval_id)
        if held is None:
            raise NotFound
        if held.client_id != actor.user_id and not actor.may(Permission.ADMINISTER):
            raise Forbidden("Only the client who was asked can decide, or an admin for them.")
        if (refusal := _NO_LONGER_ASKED.get(ApprovalState(held.state))) is not None:
            slug, detail = refusal
            raise Conflict(detail, slug=slug)
        await approval_queries.decide(connection, approval_id, actor.user_id, said.decision, said.comment)
        found = await self._found(connection, actor, approval_id)
        transaction.signals.append(changed(Changed.APPROVAL, approval_id, found.project_id, found.client_id))
        project = await self._projects.find(connection, actor, found.project_id)
        await self._notifications.notify(transaction, decided(project, found))
        await _no_longer_asked(transaction, found.project_id, found.task_id, [found.client_id])
        return await _with_files(connection, found)

    async def _ask(
        self, transaction: Transaction, actor: Principal, task_id: UUID, approval_id: UUID, new: NewApproval
    ) -> Approval:
        connection = transaction.connection
        # Held until the commit: the snapshot is what the client finds, and who changes the task afterwards supersedes.
        task = await queries.held_task(connection, actor, task_id)
        if task is None:
            raise NotFound
        project = await self._projects.find_for_work(connection, actor, task.project_id)
        _require_may_ask(actor, project)
        room_id = await approval_queries.open_room(connection, actor, task.project_id, new.client_id)
        if room_id is None:
            raise _NO_SUCH_CLIENT
        await supersede(transaction, task.project_id, task_id, room_id)
        files = await attach(transaction, actor, room_id, AttachedTo.APPROVAL, approval_id, new.file_ids)
        snapshot = take_snapshot(task, files)
        await approval_queries.insert_approval(
            connection,
            actor,
            approval_id,
            task_id=task_id,
            room_id=room_id,
            note=new.note,
            snapshot=snapshot,
            snapshot_hash=hash_of(snapshot),
        )
        found = await self._found(connection, actor, approval_id)
        transaction.signals.append(changed(Changed.APPROVAL, approval_id, found.project_id, found.client_id))
        await self._notifications.notify(transaction, requested(project, found))
        return approval_on_wire(found, files)

    async def _asked_before(self, actor: Principal, task_id: UUID, approval_id: UUID, new: NewApproval) -> Approval:
        """The request of that id if it is this one; raises ``Conflict`` otherwise."""
        async with self._database.reading() as connection:
            found = await approval_queries.approval(connection, actor, approval_id)
            if found is not None and _is_same(found, actor, task_id, new):
                return await _with_files(connection, found)
        raise id_in_use("request")

    async def _found(self, connection: AsyncConnection, actor: Principal, approval_id: UUID) -> StoredApproval:
        """What has just been written; raises ``NotFound`` for who has lost their part in the project meanwhile."""
        found = await approval_queries.approval(connection, actor, approval_id)
        if found is None:
            raise NotFound
        return found


async def _no_longer_asked(
    transaction: Transaction, project_id: HostId, task_id: UUID, client_ids: Sequence[HostId]
) -> None:
    """Of a task and client one request at most is asked: what they were told of it is taken back."""
    await take_back(transaction, project_id, task_id, [EventType.APPROVAL_REQUESTED], client_ids)


async def _with_files(connection: AsyncConnection, stored: StoredApproval) -> Approval:
    files = await attached(connection, AttachedTo.APPROVAL, [stored.id] if stored.file_count else [])
    return approval_on_wire(stored, files.get(stored.id, []))


def _require_may_ask(actor: Principal, project: StoredProject) -> None:
    """Raises ``Forbidden`` for who manages the project: the part in it decides, not the role of the account."""
    if project.role != MemberRole.DEVELOPER and not actor.may(Permission.REQUEST_APPROVAL):
        raise Forbidden("Only a developer of the project can ask for approval.")


def _is_same(found: StoredApproval, actor: Principal, task_id: UUID, new: NewApproval) -> bool:
    file_ids = [UUID(each["id"]) for each in found.snapshot["files"]]
    asked = (found.task_id, found.requester_id, found.client_id, found.note, file_ids)
    return asked == (task_id, actor.user_id, new.client_id, new.note, new.file_ids)


_DECIDED = ("decided", "This has been decided already.")
_NO_LONGER_ASKED = {
    ApprovalState.APPROVED: _DECIDED,
    ApprovalState.CHANGES_REQUESTED: _DECIDED,
    ApprovalState.SUPERSEDED: (
        "superseded",
        "This is no longer asked: the task has changed, a newer request took its place, or the client has left.",
    ),
}
"""Why a request takes no decision any more, by its state: the slug, and a sentence."""

_NO_SUCH_CLIENT = Invalid(
    "client_id: Not a client of this project.",
    errors=[{"loc": ["body", "client_id"], "msg": "Not a client of this project", "type": "client"}],
)
