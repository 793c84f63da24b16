"""Tables of e-mail."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base
from app.core.types import HOST_ID, TIMESTAMP, HostId
from app.outbox.models import IS_OPEN, IS_STATE, Queued


class Email(Queued, Base):
    """One e-mail, sent or to be sent; its id makes its ``Message-ID``.

    What it says is put together when it is due. Of a person and a thread (a room, a project, or the person's own id for
    a digest) one at most is waiting: what happens meanwhile joins it. ``address`` is where it went at last; what
    ``is_forced`` goes out however old it is, for an admin wants it to.
    """

    __tablename__ = "email_outbox"
    __table_args__ = (
        CheckConstraint(IS_STATE, name="state"),
        Index(
            "ix_email_outbox_waiting_recipient_id_thread",
            "recipient_id",
            "thread",
            unique=True,
            postgresql_where=text("state = 'waiting'"),
        ),
        Index("ix_email_outbox_due_at", "due_at", postgresql_where=text(IS_OPEN)),
        Index("ix_email_outbox_state_ended_at", "state", "ended_at", postgresql_where=text("ended_at IS NOT NULL")),
        Index("ix_email_outbox_recipient_id_state", "recipient_id", "state"),
        Index("ix_email_outbox_created_at_id", "created_at", "id"),
        Index("ix_email_outbox_state_created_at_id", "state", "created_at", "id"),
    )

    recipient_id: Mapped[HostId] = mapped_column(HOST_ID, ForeignKey("public.users.id", ondelete="RESTRICT"))
    thread: Mapped[UUID]
    address: Mapped[str | None]
    is_forced: Mapped[bool] = mapped_column(server_default=text("false"))


class Suppression(Base):
    """An address, in small letters, to which nothing is sent any more: a server said so, or an admin."""

    __tablename__ = "email_suppressions"

    address: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(TIMESTAMP, server_default=func.clock_timestamp())
