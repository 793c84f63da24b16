"""Tables of web push."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Uuid, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base
from app.core.types import HOST_ID, TIMESTAMP, HostId
from app.outbox.models import IS_OPEN, IS_STATE, Queued


class Push(Queued, Base):
    """One notification on its way to the browsers of its recipient; it has the notification's id.

    ``done_for`` are the subscriptions that need not be tried again: a retry is for the others.
    """

    __tablename__ = "push_outbox"
    __table_args__ = (
        CheckConstraint(IS_STATE, name="state"),
        Index("ix_push_outbox_due_at", "due_at", postgresql_where=text(IS_OPEN)),
        Index("ix_push_outbox_state_ended_at", "state", "ended_at", postgresql_where=text("ended_at IS NOT NULL")),
        Index("ix_push_outbox_recipient_id", "recipient_id"),
        Index("ix_push_outbox_created_at", "created_at"),
    )

    recipient_id: Mapped[HostId] = mapped_column(HOST_ID, ForeignKey("public.users.id", ondelete="RESTRICT"))
    done_for: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), server_default=text("'{}'"))


class PushSubscription(Base):
    """A browser that asked for push: the address of its push service, and the keys to encrypt for it.

    ``failures_since`` is the first failure in a row, None after a success. Until ``rests_until`` it is not tried.
    """

    __tablename__ = "push_subscriptions"
    __table_args__ = (Index("ix_push_subscriptions_user_id", "user_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    user_id: Mapped[HostId] = mapped_column(HOST_ID, ForeignKey("public.users.id", ondelete="RESTRICT"))
    endpoint: Mapped[str] = mapped_column(unique=True)
    p256dh: Mapped[str]
    auth: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(TIMESTAMP, server_default=func.clock_timestamp())
    failures_since: Mapped[datetime | None] = mapped_column(TIMESTAMP)
    rests_until: Mapped[datetime | None] = mapped_column(TIMESTAMP)
