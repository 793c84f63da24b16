"""Tables of notifications, as the requirement lays them down, and of what e-mails tell."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import SCHEMA, Base
from app.core.types import HOST_ID, TIMESTAMP, HostId


class Notification(Base):
    """One thing that one recipient is told.

    ``id`` is derived from the event and the recipient, so the primary key itself keeps one event from
    becoming two notifications of one person.
    """

    __tablename__ = "notifications"
    __table_args__ = (
        Index("ix_notifications_recipient_user_id_is_read_created_at", "recipient_user_id", "is_read", "created_at"),
        Index("ix_notifications_project_id_created_at", "project_id", "created_at"),
        # Keyset paging compares (created_at, id): rows of one transaction share their created_at.
        Index("ix_notifications_recipient_user_id_created_at_id", "recipient_user_id", "created_at", "id"),
        # What somebody is looking at becomes read: however much else is unread, it is found by its source.
        Index(
            "ix_notifications_unread_recipient_user_id_source_id",
            "recipient_user_id",
            "source_id",
            postgresql_where=text("NOT is_read"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    project_id: Mapped[HostId] = mapped_column(HOST_ID, ForeignKey("public.projects.id", ondelete="RESTRICT"))
    recipient_user_id: Mapped[HostId] = mapped_column(HOST_ID, ForeignKey("public.users.id", ondelete="RESTRICT"))
    type: Mapped[str]
    source_kind: Mapped[str]
    source_id: Mapped[UUID]
    title: Mapped[str]
    body: Mapped[str | None]
    is_read: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[datetime] = mapped_column(TIMESTAMP, server_default=func.now())


class EmailItem(Base):
    """What one e-mail tells of: the notification as it was made, under its id, be it in the bell or not.

    ``is_read`` is of those that are not in the bell.
    """

    __tablename__ = "email_items"
    __table_args__ = (Index("ix_email_items_email_id", "email_id"),)

    notification_id: Mapped[UUID] = mapped_column(primary_key=True)
    email_id: Mapped[UUID] = mapped_column(ForeignKey(f"{SCHEMA}.email_outbox.id", ondelete="CASCADE"))
    project_id: Mapped[HostId] = mapped_column(HOST_ID)
    type: Mapped[str]
    source_kind: Mapped[str]
    source_id: Mapped[UUID]
    title: Mapped[str]
    body: Mapped[str | None]
    is_read: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[datetime] = mapped_column(TIMESTAMP, server_default=func.clock_timestamp())
