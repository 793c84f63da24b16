"""The table of messages."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import SCHEMA, Base
from app.core.lexemes import lexemes, lexemes_index
from app.core.types import HOST_ID, TIMESTAMP, HostId

STRETCH = 1000
"""How many messages of a room one place of the search's index holds."""

MESSAGE_LEXEMES = lexemes(f"(left(room_id::text, 8) || ' ') || ((number / {STRETCH})::text)", "body")


class Message(Base):
    """What somebody wrote in a room. The client makes the id, so that sending it again is harmless."""

    __tablename__ = "messages"
    __table_args__ = (UniqueConstraint("room_id", "number"), lexemes_index("messages", MESSAGE_LEXEMES))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    room_id: Mapped[UUID] = mapped_column(ForeignKey(f"{SCHEMA}.rooms.id", ondelete="RESTRICT"))
    number: Mapped[int] = mapped_column(BigInteger)
    author_id: Mapped[HostId] = mapped_column(HOST_ID, ForeignKey("public.users.id", ondelete="RESTRICT"))
    body: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(TIMESTAMP, server_default=func.clock_timestamp())
    file_count: Mapped[int] = mapped_column(server_default=text("0"))
