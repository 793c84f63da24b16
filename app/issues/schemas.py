"""Issues and requirements on the wire."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints, model_validator

from app.core.pagination import PageQuery
from app.core.types import NOT_BLANK, ONE_LINE, PLAIN, STORABLE, HostId
from app.files.schemas import FileIds, FileItem
from app.issues.statuses import IssueKind, IssueStatus
from app.projects.schemas import Name

TITLE_MAX = 200
BODY_MAX = 10_000
REASON_MAX = 2000

IssueTitle = Annotated[str, StringConstraints(min_length=1, max_length=TITLE_MAX), STORABLE, ONE_LINE, NOT_BLANK]
IssueBody = Annotated[str, StringConstraints(max_length=BODY_MAX), STORABLE, PLAIN]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=REASON_MAX), STORABLE, PLAIN, NOT_BLANK]


class NewIssue(BaseModel):
    """``id`` is made by who raises it: the same one sent again is the same issue."""

    id: UUID | None = None
    kind: IssueKind
    title: IssueTitle
    body: IssueBody = ""
    file_ids: FileIds = Field(default_factory=list)


class IssuePatch(BaseModel):
    """Fields that are left out stay as they are; ``reason`` says why the status becomes another."""

    title: IssueTitle | None = None
    body: IssueBody | None = None
    status: IssueStatus | None = None
    reason: Reason | None = None

    @model_validator(mode="after")
    def _reason_of_a_status(self) -> Self:
        if self.reason is not None and self.status is None:
            raise ValueError("a reason goes with a status")
        return self

    def text(self) -> dict[str, str]:
        """What it is to say, as far as that is given."""
        return self.model_dump(include={"title", "body"}, exclude_none=True)


class Issue(BaseModel):
    """What a client raises in their room. ``version`` counts its changes, and is its ETag."""

    id: UUID
    project_id: HostId
    project_name: str
    room_id: UUID
    client: Name
    kind: IssueKind
    title: str
    body: str
    status: IssueStatus
    author: Name
    version: int
    files: list[FileItem]
    created_at: datetime
    updated_at: datetime


class StatusChange(BaseModel):
    """One change of an issue's status."""

    actor: Name
    status_before: IssueStatus
    status: IssueStatus
    reason: str | None
    at: datetime


class IssueWithHistory(Issue):
    """``history`` is of its status, oldest first."""

    history: list[StatusChange]


class BeforeAndAfter(BaseModel):
    before: str | None
    after: str | None


class ChangeMeanwhile(BaseModel):
    """What somebody has not seen of an issue yet: who made what of each field, and why."""

    version: int
    actor: Name
    at: datetime
    fields: dict[str, BeforeAndAfter]


def _apart(given: Any) -> Any:
    """Several can be given by repeating the parameter, or with commas between them."""
    return [part for each in given for part in each.split(",")] if isinstance(given, list) else given


class IssuesQuery(PageQuery):
    """Which issues are asked for; what is left out does not filter."""

    status: Annotated[list[IssueStatus], BeforeValidator(_apart)] = Field(
        default_factory=list, description="Any of these; repeated, or with commas"
    )
    kind: IssueKind | None = None

    def filters(self) -> dict[str, Any]:
        """What the issues must be, by parameter of the statement."""
        given = {"statuses": sorted(set(self.status)) or None, "kind": self.kind}
        return {name: value for name, value in given.items() if value is not None}


class ProjectIssuesQuery(IssuesQuery):
    room_id: UUID | None = None

    def filters(self) -> dict[str, Any]:
        return super().filters() | ({} if self.room_id is None else {"room_id": self.room_id})
