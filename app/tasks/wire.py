"""Tasks and approvals as they go out: from rows to what the wire holds, and to what others are told."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from app.accounts.principal import Principal
from app.core.types import HostId
from app.files.schemas import FileItem
from app.notifications.events import APPROVED, CHANGES_ASKED_FOR, Event, part_of, snippet_of, title_of
from app.preferences.event_types import EventType
from app.projects.queries import StoredProject
from app.projects.roles import MemberRole
from app.projects.schemas import Name
from app.tasks.approval_queries import StoredApproval
from app.tasks.models import ApprovalState, TaskStatus
from app.tasks.queries import StoredChange, StoredTask
from app.tasks.schemas import Approval, ChangeOfTask, FieldChange, Snapshot, Task
from app.tasks.snapshots import is_current


def task_on_wire(stored: StoredTask, approvals: list[Approval]) -> Task:
    return Task.model_construct(
        id=stored.id,
        project_id=stored.project_id,
        title=stored.title,
        description=stored.description,
        status=TaskStatus(stored.status),
        due_on=stored.due_on,
        assignee=_name_if_any(stored.assignee_id, stored.assignee_name),
        author=_name(stored.author_id, stored.author_name),
        version=stored.version,
        created_at=stored.created_at,
        updated_at=stored.updated_at,
        completed_at=stored.completed_at,
        approvals=approvals,
    )


def approvals_by_task(
    stored: Sequence[StoredApproval], files: Mapping[UUID, list[FileItem]]
) -> dict[UUID, list[Approval]]:
    found: dict[UUID, list[Approval]] = {}
    for each in stored:
        found.setdefault(each.task_id, []).append(approval_on_wire(each, files.get(each.id, [])))
    return found


def approval_on_wire(stored: StoredApproval, files: list[FileItem]) -> Approval:
    return Approval.model_construct(
        id=stored.id,
        task_id=stored.task_id,
        project_id=stored.project_id,
        room_id=stored.room_id,
        client=_name(stored.client_id, stored.client_name),
        requester=_name(stored.requester_id, stored.requester_name),
        note=stored.note,
        snapshot=Snapshot.model_validate(stored.snapshot),
        snapshot_hash=stored.snapshot_hash,
        is_current=is_current(stored),
        state=ApprovalState(stored.state),
        comment=stored.comment,
        decider=_name_if_any(stored.decider_id, stored.decider_name),
        files=files,
        created_at=stored.created_at,
        decided_at=stored.decided_at,
    )


def change_on_wire(stored: StoredChange) -> ChangeOfTask:
    fields = {name: FieldChange.model_construct(**each) for name, each in stored.fields.items()}
    actor = _name(stored.actor_id, stored.actor_name)
    return ChangeOfTask.model_construct(version=stored.version, actor=actor, at=stored.at, fields=fields)


def _name(id_: HostId, display_name: str) -> Name:
    return Name.model_construct(id=id_, display_name=display_name)


def _name_if_any(id_: HostId | None, display_name: str | None) -> Name | None:
    return None if id_ is None or display_name is None else _name(id_, display_name)


def completed(actor: Principal, name: str, project: StoredProject, task: StoredTask) -> Event:
    """What all clients of a project are told of a task that is done; once for each time that it becomes so."""
    return Event(
        type=EventType.TASK_COMPLETED,
        by=part_of(project.role),
        project_id=task.project_id,
        source_id=task.id,
        title=title_of(f"{name} completed a task in {project.name}", "A task was completed"),
        body=task.title,
        actor_id=actor.user_id,
        occurrence=str(task.version),
    )


def requested(project: StoredProject, approval: StoredApproval) -> Event:
    """What the client is told who is asked."""
    title = f"{approval.requester_name} asks for your approval in {project.name}"
    return Event(
        type=EventType.APPROVAL_REQUESTED,
        by=part_of(project.role),
        project_id=approval.project_id,
        source_id=approval.task_id,
        title=title_of(title, "Your approval is asked for"),
        body=approval.title,
        actor_id=approval.requester_id,
        client_id=approval.client_id,
        occurrence=str(approval.id),
    )


_SAID = {
    ApprovalState.APPROVED: APPROVED,
    ApprovalState.CHANGES_REQUESTED: CHANGES_ASKED_FOR,
}


def decided(project: StoredProject, approval: StoredApproval) -> Event:
    """What is told of a decision: to who asked and the managers, and to the client if somebody else made it."""
    is_own = approval.decider_id == approval.client_id
    for_whom = "" if is_own else f" for {approval.client_name}"
    title = f"{approval.decider_name} {_SAID[ApprovalState(approval.state)]}{for_whom} in {project.name}"
    text = approval.title if approval.comment is None else f"{approval.title}: {approval.comment.strip()}"
    return Event(
        type=EventType.APPROVAL_DECIDED,
        by=MemberRole.CLIENT if is_own else MemberRole.MANAGER,
        project_id=approval.project_id,
        source_id=approval.task_id,
        title=title_of(title, "It is decided about a task"),
        body=snippet_of(text),
        actor_id=approval.decider_id,
        client_id=approval.client_id,
        developer_id=approval.requester_id,
        occurrence=str(approval.id),
    )
