"""Tables of who is here at this moment. Unlogged: after a crash of the server they are no longer true."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base
from app.core.types import HOST_ID, TIMESTAMP, HostId


class Presence(Base):
    """A person whose socket to a room is held by a process."""

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


class Visibility(Base):
    """Until when a person is taken to look at a page of the portal, or at the bell in the host's, with live updates.

    Browsers say so again and again while a page is visible, and once when it is hidden.
    """

    __tablename__ = "visibility"
    __table_args__ = ({"prefixes": ["UNLOGGED"]},)

    user_id: Mapped[HostId] = mapped_column(HOST_ID, primary_key=True)
    visible_until: Mapped[datetime] = mapped_column(TIMESTAMP)
