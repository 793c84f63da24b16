"""Tables of messages, and of who is in a room at this moment."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import SCHEMA, Base
from app.core.types import HOST_ID, TIMESTAMP, HostId


class Message(Base):
    """What somebody wrote in a room. The client makes the id, so that sending it again is harmless."""

    __tablename__ = "messages"
    __table_args__ = (UniqueConstraint("room_id", "number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    room_id: Mapped[UUID] = mapped_column(ForeignKey(f"{SCHEMA}.rooms.id", ondelete="RESTRICT"))
    number: Mapped[int] = mapped_column(BigInteger)
    author_id: Mapped[HostId] = mapped_column(HOST_ID, ForeignKey("public.users.id", ondelete="RESTRICT"))
    body: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(TIMESTAMP, server_default=func.clock_timestamp())


class Presence(Base):
    """A person whose socket to a room is held by a process. Unlogged: after a crash it is no longer true."""

    __tablename__ = "presence"
    __table_args__ = (Index("ix_presence_room_id", "room_id"), {"prefixes": ["UNLOGGED"]})

    process_id: Mapped[UUID] = mapped_column(primary_key=True)
    room_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[HostId] = mapped_column(HOST_ID, primary_key=True)


class PresenceProcess(Base):
    """A process that holds sockets, and when it was last alive."""

    __tablename__ = "presence_processes"
    __table_args__ = ({"prefixes": ["UNLOGGED"]},)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(TIMESTAMP)
