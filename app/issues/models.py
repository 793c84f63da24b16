"""Tables of issues and of what has changed in them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import SCHEMA, Base
from app.core.lexemes import lexemes, lexemes_index
from app.core.types import HOST_ID, TIMESTAMP, HostId

ISSUE_LEXEMES = lexemes("left(room_id::text, 8)", "(title || ' ') || body")


class Issue(Base):
    """What a client raises: a problem, or a new wish. ``version`` counts its changes."""

    __tablename__ = "issues"
    __table_args__ = (
        CheckConstraint("kind IN ('issue', 'requirement')", name="kind"),
        CheckConstraint("status IN ('open', 'in_progress', 'done', 'declined')", name="status"),
        Index("ix_issues_room_id_created_at_id", "room_id", "created_at", "id"),
        lexemes_index("issues", ISSUE_LEXEMES),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    room_id: Mapped[UUID] = mapped_column(ForeignKey(f"{SCHEMA}.rooms.id", ondelete="RESTRICT"))
    author_id: Mapped[HostId] = mapped_column(HOST_ID, ForeignKey("public.users.id", ondelete="RESTRICT"))
    kind: Mapped[str]
    title: Mapped[str]
    body: Mapped[str] = mapped_column(server_default=text("''"))
    status: Mapped[str] = mapped_column(server_default=text("'open'"))
    version: Mapped[int] = mapped_column(server_default=text("1"))
    file_count: Mapped[int] = mapped_column(server_default=text("0"))
    created_at: Mapped[datetime] = mapped_column(TIMESTAMP, server_default=func.clock_timestamp())
    updated_at: Mapped[datetime] = mapped_column(TIMESTAMP, server_default=func.clock_timestamp())


class IssueChange(Base):
    """One change of an issue: the version it led to, of each field what it was and what it became, and why."""

    __tablename__ = "issue_changes"

    issue_id: Mapped[UUID] = mapped_column(ForeignKey(f"{SCHEMA}.issues.id", ondelete="RESTRICT"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    actor_id: Mapped[HostId] = mapped_column(HOST_ID, ForeignKey("public.users.id", ondelete="RESTRICT"))
    changes: Mapped[dict[str, Any]] = mapped_column(JSONB)
    reason: Mapped[str | None]
    at: Mapped[datetime] = mapped_column(TIMESTAMP, server_default=func.clock_timestamp())
