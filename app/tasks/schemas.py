"""Tasks and approvals on the wire."""

import re
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints, ValidationInfo, field_validator

from app.core.pagination import PageQuery
from app.core.types import NOT_BLANK, ONE_LINE, PLAIN, STORABLE, HostId, is_blank
from app.files.schemas import File, FileIds
from app.projects.schemas import Name
from app.tasks.models import ApprovalState, Decision, TaskStatus

TITLE_MAX = 200
DESCRIPTION_MAX = 10_000
NOTE_MAX = 2000

TaskTitle = Annotated[str, StringConstraints(min_length=1, max_length=TITLE_MAX), STORABLE, ONE_LINE, NOT_BLANK]
Description = Annotated[str, StringConstraints(max_length=DESCRIPTION_MAX), STORABLE, PLAIN]
Note = Annotated[str, StringConstraints(max_length=NOTE_MAX), STORABLE, PLAIN]


_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _is_written_day(given: Any) -> Any:
    """Numbers are moments to the parser, and every moment would be some day."""
    if (isinstance(given, str) and not _DAY.fullmatch(given)) or not isinstance(given, str | date | None):
        raise ValueError("a day is written as 2026-12-24")
    return given


Day = Annotated[date, BeforeValidator(_is_written_day)]


class NewTask(BaseModel):
    """``id`` is made by who sends: the same one sent again is the same task."""

    id: UUID | None = None
    title: TaskTitle
    description: Description = ""
    status: TaskStatus = TaskStatus.TODO
    due_on: Day | None = None
    assignee_id: HostId | None = Field(default=None, description="One of the project's team")

    def content(self) -> dict[str, Any]:
        """What the task says, by field."""
        return self.model_dump(exclude={"id"})


_KEPT_BY_NULL = ("title", "description", "status")


class TaskChange(BaseModel):
    """What is to be changed; what is left out stays. Null takes a date or an assignee away."""

    title: TaskTitle | None = None
    description: Description | None = None
    status: TaskStatus | None = None
    due_on: Day | None = None
    assignee_id: HostId | None = Field(default=None, description="One of the project's team")
    after_id: UUID | None = Field(default=None, description="Moves the task behind that one; null makes it the first")

    def content(self) -> dict[str, Any]:
        """What the task is to say, by field, as far as that is given."""
        given = self.model_dump(exclude_unset=True, exclude={"after_id"})
        return {field: each for field, each in given.items() if each is not None or field not in _KEPT_BY_NULL}

    @property
    def moves(self) -> bool:
        return "after_id" in self.model_fields_set


class SnapshotFile(BaseModel):
    id: UUID
    name: str
    media_type: str
    size: int
    sha256: str


class Snapshot(BaseModel):
    """A task's text and files as the client was asked about them."""

    title: str
    description: str
    due_on: date | None
    files: list[SnapshotFile]


class Approval(BaseModel):
    """A request to one client to approve a task, and what they said.

    ``is_current``: the task still says what the snapshot holds. ``snapshot_hash`` is the SHA-256 of the snapshot as
    JSON in UTF-8, its keys sorted, without blanks.
    """

    id: UUID
    task_id: UUID
    project_id: HostId
    room_id: UUID
    client: Name
    requester: Name
    note: str
    snapshot: Snapshot
    snapshot_hash: str
    is_current: bool
    state: ApprovalState
    comment: str | None
    decider: Name | None
    files: list[File]
    created_at: datetime
    decided_at: datetime | None


class Task(BaseModel):
    """Work on a project. ``version`` grows with each change of what it says, not with its place among the others.

    ``approvals`` are those of rooms in reach, newest first: all of them for one task, the latest of each room in lists.
    """

    id: UUID
    project_id: HostId
    title: str
    description: str
    status: TaskStatus
    due_on: date | None
    assignee: Name | None
    author: Name
    version: int
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None
    approvals: list[Approval]


class FieldChange(BaseModel):
    before: Any
    after: Any


class ChangeOfTask(BaseModel):
    """What somebody changed, and the version that it led to."""

    version: int
    actor: Name
    at: datetime
    fields: dict[str, FieldChange]


class TasksQuery(PageQuery):
    status: TaskStatus | None = None

    def filters(self) -> dict[str, Any]:
        return self.model_dump(include={"status"}, exclude_none=True)


class NewApproval(BaseModel):
    """``id`` is made by who sends: the same one sent again is the same request."""

    id: UUID | None = None
    client_id: HostId = Field(description="The client who is asked, in their room")
    note: Note = ""
    file_ids: FileIds = Field(default=[], description="Files of the client's room")


class ApprovalDecision(BaseModel):
    """What the client says; who asks for changes says which."""

    decision: Decision
    comment: Note | None = Field(default=None, validate_default=True)

    @field_validator("comment")
    @classmethod
    def _says_which_changes(cls, comment: str | None, info: ValidationInfo) -> str | None:
        comment = None if comment is None or is_blank(comment) else comment
        if comment is None and info.data.get("decision") is Decision.CHANGES_REQUESTED:
            raise ValueError("say what is to be changed")
        return comment
