"""Issues as they go out: from rows to what the wire holds, and to what others are told."""

from collections.abc import Sequence
from uuid import UUID

from app.files.schemas import FileItem
from app.issues.queries import StoredChange, StoredIssue
from app.issues.schemas import BeforeAndAfter, ChangeMeanwhile, Issue, IssueWithHistory, StatusChange
from app.issues.statuses import IssueKind, IssueStatus
from app.notifications.events import Event, title_of
from app.preferences.event_types import EventType
from app.projects.roles import MemberRole
from app.projects.schemas import Name

_TOLD_AS: dict[str, tuple[EventType, str, str]] = {
    IssueKind.ISSUE: (EventType.ISSUE_CREATED, "an issue", "New issue"),
    IssueKind.REQUIREMENT: (EventType.REQUIREMENT_CREATED, "a requirement", "New requirement"),
}
"""Of each kind: its event, what it is called in a sentence, and the title when names are too long for one."""


def issue_on_wire(stored: StoredIssue, files: list[FileItem]) -> Issue:
    return Issue.model_construct(
        id=stored.id,
        project_id=stored.project_id,
        project_name=stored.project_name,
        room_id=stored.room_id,
        client=Name.model_construct(id=stored.client_id, display_name=stored.client_name),
        kind=IssueKind(stored.kind),
        title=stored.title,
        body=stored.body,
        status=IssueStatus(stored.status),
        author=Name.model_construct(id=stored.author_id, display_name=stored.author_name),
        version=stored.version,
        files=files,
        created_at=stored.created_at,
        updated_at=stored.updated_at,
    )


def with_history(stored: StoredIssue, files: list[FileItem], history: Sequence[StoredChange]) -> IssueWithHistory:
    changes = [
        StatusChange.model_construct(
            actor=_actor(each),
            status_before=IssueStatus(each.fields["status"]["before"]),
            status=IssueStatus(each.fields["status"]["after"]),
            reason=each.reason,
            at=each.at,
        )
        for each in history
    ]
    return IssueWithHistory.model_construct(**dict(issue_on_wire(stored, files)), history=changes)


def change_on_wire(stored: StoredChange) -> ChangeMeanwhile:
    fields = {field: BeforeAndAfter.model_validate(each) for field, each in stored.fields.items()}
    if stored.reason is not None:
        fields["reason"] = BeforeAndAfter(before=None, after=stored.reason)
    return ChangeMeanwhile(version=stored.version, actor=_actor(stored), at=stored.at, fields=fields)


def _actor(stored: StoredChange) -> Name:
    return Name.model_construct(id=stored.actor_id, display_name=stored.actor_name)


def event_of(created: StoredIssue) -> Event:
    """What the team is told of a new issue. Whoever raised it spoke for the room's client."""
    type_, what, short = _TOLD_AS[created.kind]
    return Event(
        type=type_,
        by=MemberRole.CLIENT,
        project_id=created.project_id,
        source_id=created.id,
        title=title_of(f"{created.author_name} raised {what} in {created.project_name}", short),
        body=created.title,
        actor_id=created.author_id,
        client_id=created.client_id,
    )


def ids_of(files: Sequence[FileItem]) -> list[UUID]:
    return [file.id for file in files]
