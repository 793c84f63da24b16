"""The host's two tables as far as the portal reads them, and membership."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Table, Text, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import SCHEMA, Base
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
    """A person's part in one project. ``source`` says who put them there: an admin of the portal, or the host."""

    __tablename__ = "project_members"
    __table_args__ = (
        CheckConstraint("role IN ('manager', 'developer', 'client')", name="role"),
        CheckConstraint("source IN ('portal', 'host')", name="source"),
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
    source: Mapped[str] = mapped_column(server_default=text("'portal'"))


class Room(Base):
    """The private place of one client within one project.

    ``last_number`` numbers its messages without gaps. Who posts takes the row, so messages of a room commit in the
    order of their numbers: whoever has read up to one misses none before it. ``files_size`` is what its files take, in
    bytes.
    """

    __tablename__ = "rooms"
    __table_args__ = (
        UniqueConstraint("project_id", "client_id"),
        Index("ix_rooms_client_id", "client_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    project_id: Mapped[HostId] = mapped_column(HOST_ID, ForeignKey("public.projects.id", ondelete="RESTRICT"))
    client_id: Mapped[HostId] = mapped_column(HOST_ID, ForeignKey("public.users.id", ondelete="RESTRICT"))
    last_number: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    created_at: Mapped[datetime] = mapped_column(TIMESTAMP, server_default=func.now())
    active_at: Mapped[datetime] = mapped_column(TIMESTAMP, server_default=func.now())
    files_size: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))


class RoomRead(Base):
    """How far one of a room's people has read it. Made with the membership, so that old messages are not news."""

    __tablename__ = "room_reads"
    __table_args__ = (Index("ix_room_reads_user_id", "user_id"),)

    room_id: Mapped[UUID] = mapped_column(ForeignKey(f"{SCHEMA}.rooms.id", ondelete="RESTRICT"), primary_key=True)
    user_id: Mapped[HostId] = mapped_column(
        HOST_ID, ForeignKey("public.users.id", ondelete="RESTRICT"), primary_key=True
    )
    number: Mapped[int] = mapped_column(BigInteger)
