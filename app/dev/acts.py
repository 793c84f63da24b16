"""What people of the demo's story do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from app.dev.stage import Act, Person, Stage
from app.issues.schemas import IssuePatch, NewIssue
from app.issues.statuses import IssueKind, IssueStatus
from app.preferences.schemas import PreferencesChange
from app.tasks.models import Decision, TaskStatus
from app.tasks.schemas import ApprovalDecision, NewApproval, NewTask, TaskChange

Files = Mapping[str, bytes]


@dataclass(frozen=True, kw_only=True)
class Prefers(Act):
    """Says how they want to be told from now on."""

    change: PreferencesChange

    async def perform(self, stage: Stage) -> None:
        async with stage.database.transaction() as transaction:
            await stage.preferences.change_preferences(transaction, self.by.principal, self.change)


@dataclass(frozen=True, kw_only=True)
class Says(Act):
    body: str
    files: Files = field(default_factory=dict)

    async def perform(self, stage: Stage) -> None:
        room_id, _ = await stage.room(self.by)
        file_ids = await stage.draft(self.by, self.files)
        await stage.chat.post(self.by.principal, room_id, None, self.body, file_ids)


@dataclass(frozen=True, kw_only=True)
class Reads(Act):
    """Looks at everything that is new."""

    async def perform(self, stage: Stage) -> None:
        await stage.catch_up(self.by)


@dataclass(frozen=True, kw_only=True)
class Shares(Act):
    files: Files

    async def perform(self, stage: Stage) -> None:
        for name, content in self.files.items():
            await stage.upload(self.by, name, content)


@dataclass(frozen=True, kw_only=True)
class Raises(Act):
    kind: IssueKind
    title: str
    body: str
    files: Files = field(default_factory=dict)

    async def perform(self, stage: Stage) -> None:
        await stage.catch_up(self.by)
        room_id, _ = await stage.room(self.by)
        file_ids = await stage.draft(self.by, self.files)
        new = NewIssue(kind=self.kind, title=self.title, body=self.body, file_ids=file_ids)
        issue, _ = await stage.issues.create(self.by.principal, room_id, new)
        stage.made[self.title] = issue.id


@dataclass(frozen=True, kw_only=True)
class Judges(Act):
    """Says what becomes of an issue, which is named by its title."""

    issue: str
    status: IssueStatus
    reason: str | None = None

    async def perform(self, stage: Stage) -> None:
        await stage.catch_up(self.by)
        patch = IssuePatch(status=self.status, reason=self.reason)
        await stage.issues.change(self.by.principal, stage.made[self.issue], patch)


@dataclass(frozen=True, kw_only=True)
class Plans(Act):
    """Adds a task; it is due so many days from today."""

    title: str
    description: str = ""
    due: int | None = None
    assignee: Person | None = None

    async def perform(self, stage: Stage) -> None:
        new = NewTask(
            title=self.title,
            description=self.description,
            due_on=None if self.due is None else (datetime.now(UTC) + timedelta(days=self.due)).date(),
            assignee_id=self.assignee and self.assignee.user_id,
        )
        task, _ = await stage.tasks.create(self.by.principal, self.by.project_id, new)
        stage.made[self.title] = task.id


@dataclass(frozen=True, kw_only=True)
class Sets(Act):
    """Says how far a task is, which is named by its title."""

    task: str
    status: TaskStatus

    async def perform(self, stage: Stage) -> None:
        async with stage.database.transaction() as transaction:
            change = TaskChange(status=self.status)
            await stage.tasks.change(transaction, self.by.principal, stage.made[self.task], change, None)


@dataclass(frozen=True, kw_only=True)
class Asks(Act):
    """Asks a client to approve a task, which is named by its title."""

    task: str
    client: Person
    note: str = ""
    files: Files = field(default_factory=dict)

    async def perform(self, stage: Stage) -> None:
        await stage.catch_up(self.by)
        file_ids = await stage.draft(self.by, self.files)
        new = NewApproval(client_id=self.client.user_id, note=self.note, file_ids=file_ids)
        approval, _ = await stage.approvals.request(self.by.principal, stage.made[self.task], new)
        stage.made[f"approval of {self.task}"] = approval.id


@dataclass(frozen=True, kw_only=True)
class Decides(Act):
    """Answers what was asked about a task, which is named by its title."""

    task: str
    decision: Decision
    comment: str | None = None

    async def perform(self, stage: Stage) -> None:
        await stage.catch_up(self.by)
        said = ApprovalDecision(decision=self.decision, comment=self.comment)
        approval_id = stage.made[f"approval of {self.task}"]
        async with stage.database.transaction() as transaction:
            await stage.approvals.decide(transaction, self.by.principal, approval_id, said)
