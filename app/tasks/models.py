"""Tables of tasks and of approvals."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import SCHEMA, Base
from app.core.lexemes import lexemes, lexemes_index
from app.core.types import HOST_ID, TIMESTAMP, HostId


class TaskStatus(StrEnum):
    TODO = "todo"
    IN_PROGRESS = "in_progress"
    DONE = "done"


class Decision(StrEnum):
    """What a client can say to a request."""

    APPROVED = "approved"
    CHANGES_REQUESTED = "changes_requested"


class ApprovalState(StrEnum):
    """How a request stands: it waits, or has been decided, or is no longer asked."""

    PENDING = "pending"
    APPROVED = "approved"
    CHANGES_REQUESTED = "changes_requested"
    SUPERSEDED = "superseded"


TASK_LEXEMES = lexemes("project_id::text", "(title || ' ') || description")


class Task(Base):
    """Work on a project. ``version`` counts changes of what it says; its ``position`` among the others is apart."""

    __tablename__ = "tasks"
    __table_args__ = (
        CheckConstraint("status IN ('todo', 'in_progress', 'done')", name="status"),
        Index("ix_tasks_project_id_position_id", "project_id", "position", "id"),
        lexemes_index("tasks", TASK_LEXEMES),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[HostId] = mapped_column(HOST_ID, ForeignKey("public.projects.id", ondelete="RESTRICT"))
    author_id: Mapped[HostId] = mapped_column(HOST_ID, ForeignKey("public.users.id", ondelete="RESTRICT"))
    title: Mapped[str]
    description: Mapped[str] = mapped_column(server_default=text("''"))
    status: Mapped[str] = mapped_column(server_default=text("'todo'"))
    due_on: Mapped[date | None]
    assignee_id: Mapped[HostId | None] = mapped_column(HOST_ID, ForeignKey("public.users.id", ondelete="RESTRICT"))
    position: Mapped[Decimal] = mapped_column(Numeric)
    version: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[datetime] = mapped_column(TIMESTAMP, server_default=func.clock_timestamp())
    updated_at: Mapped[datetime] = mapped_column(TIMESTAMP, server_default=func.clock_timestamp())
    completed_at: Mapped[datetime | None] = mapped_column(TIMESTAMP)


class TaskChange(Base):
    """One change of what a task says: the version it led to, and of each field what it was and what it became."""

    __tablename__ = "task_changes"

    task_id: Mapped[UUID] = mapped_column(ForeignKey(f"{SCHEMA}.tasks.id", ondelete="RESTRICT"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    actor_id: Mapped[HostId] = mapped_column(HOST_ID, ForeignKey("public.users.id", ondelete="RESTRICT"))
    changes: Mapped[dict[str, Any]] = mapped_column(JSONB)
    at: Mapped[datetime] = mapped_column(TIMESTAMP, server_default=func.clock_timestamp())


class Approval(Base):
    """A request to one client, in their room, to approve a task as it was: ``snapshot`` holds its text and files.

    ``snapshot_hash`` is the SHA-256 of the snapshot. A request is decided once; it is superseded by a newer one, or by
    a change of the task's text.
    """

    __tablename__ = "approvals"
    __table_args__ = (
        CheckConstraint("state IN ('pending', 'approved', 'changes_requested', 'superseded')", name="state"),
        Index("ix_approvals_task_id_created_at", "task_id", "created_at"),
        Index("ix_approvals_room_id", "room_id"),
        Index(
            "ix_approvals_pending_task_id_room_id",
            "task_id",
            "room_id",
            unique=True,
            postgresql_where=text("state = 'pending'"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    task_id: Mapped[UUID] = mapped_column(ForeignKey(f"{SCHEMA}.tasks.id", ondelete="RESTRICT"))
    room_id: Mapped[UUID] = mapped_column(ForeignKey(f"{SCHEMA}.rooms.id", ondelete="RESTRICT"))
    requester_id: Mapped[HostId] = mapped_column(HOST_ID, ForeignKey("public.users.id", ondelete="RESTRICT"))
    note: Mapped[str] = mapped_column(server_default=text("''"))
    snapshot: Mapped[dict[str, Any]] = mapped_column(JSONB)
    snapshot_hash: Mapped[str]
    state: Mapped[str] = mapped_column(server_default=text("'pending'"))
    comment: Mapped[str | None]
    decider_id: Mapped[HostId | None] = mapped_column(HOST_ID, ForeignKey("public.users.id", ondelete="RESTRICT"))
    file_count: Mapped[int] = mapped_column(server_default=text("0"))
    created_at: Mapped[datetime] = mapped_column(TIMESTAMP, server_default=func.clock_timestamp())
    decided_at: Mapped[datetime | None] = mapped_column(TIMESTAMP)
