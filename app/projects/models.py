"""The host's two tables as far as the portal reads them, and membership."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Table, Text, func
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base
from app.core.types import HOST_ID, TIMESTAMP, HostId

# Owned by the host: never created, altered or dropped here (migrations/env.py leaves `public` alone).
host_users = Table("users", Base.metadata, Column("id", HOST_ID, primary_key=True), schema="public")
host_projects = Table(
    "projects",
    Base.metadata,
    Column("id", HOST_ID, primary_key=True),
    Column("name", Text, nullable=True, info={"optional": True}),
    schema="public",
)


class ProjectMember(Base):
    """A person's part in one project."""

    __tablename__ = "project_members"
    __table_args__ = (
        CheckConstraint("role IN ('manager', 'developer', 'client')", name="role"),
        Index("ix_project_members_user_id", "user_id"),
    )

    project_id: Mapped[HostId] = mapped_column(
        HOST_ID, ForeignKey("public.projects.id", ondelete="RESTRICT"), primary_key=True
    )
    user_id: Mapped[HostId] = mapped_column(
        HOST_ID, ForeignKey("public.users.id", ondelete="RESTRICT"), primary_key=True
    )
    role: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(TIMESTAMP, server_default=func.now())
