"""Tables of accounts, sessions and the throttle of sign-in."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import SCHEMA, Base
from app.core.types import HOST_ID, TIMESTAMP, HostId


class Account(Base):
    """The sign-in of one existing host user."""

    __tablename__ = "accounts"
    __table_args__ = (
        CheckConstraint("role IN ('admin', 'staff', 'developer', 'client')", name="role"),
        Index("uq_accounts_email_lower", text("lower(email)"), unique=True),
    )

    user_id: Mapped[HostId] = mapped_column(
        HOST_ID, ForeignKey("public.users.id", ondelete="RESTRICT"), primary_key=True
    )
    email: Mapped[str]
    display_name: Mapped[str]
    role: Mapped[str]
    password_hash: Mapped[str]
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    created_at: Mapped[datetime] = mapped_column(TIMESTAMP, server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(TIMESTAMP, server_default=func.now())


class Session(Base):
    """One sign-in of an account; a token is good only while its session has not ended."""

    __tablename__ = "sessions"
    __table_args__ = (Index("ix_sessions_user_id", "user_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    user_id: Mapped[HostId] = mapped_column(HOST_ID, ForeignKey(f"{SCHEMA}.accounts.user_id", ondelete="RESTRICT"))
    created_at: Mapped[datetime] = mapped_column(TIMESTAMP, server_default=func.now())
    expires_at: Mapped[datetime] = mapped_column(TIMESTAMP)
    ended_at: Mapped[datetime | None] = mapped_column(TIMESTAMP)


class LoginThrottle(Base):
    """Failed sign-ins of one account or one network address within the current window."""

    __tablename__ = "login_throttle"

    key: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int]
    window_ends_at: Mapped[datetime] = mapped_column(TIMESTAMP)
