"""Tables of accounts, sessions, the throttle of sign-in, one-time links and the audit log."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DDL, CheckConstraint, ForeignKey, Index, event, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import SCHEMA, Base
from app.core.types import HOST_ID, TIMESTAMP, HostId


class Account(Base):
    """The sign-in of one existing host user."""

    __tablename__ = "accounts"
    __table_args__ = (
        CheckConstraint("role IN ('admin', 'staff', 'developer', 'client')", name="role"),
        Index("uq_accounts_email_lower", text("lower(email)"), unique=True),
        Index("ix_accounts_display_name", text('lower("left"(display_name, 200))'), "user_id"),
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


class PasswordLink(Base):
    """A link by which a person sets their password, once. Only a hash of its token is kept."""

    __tablename__ = "password_links"
    __table_args__ = (Index("ix_password_links_user_id", "user_id"),)

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[HostId] = mapped_column(HOST_ID, ForeignKey(f"{SCHEMA}.accounts.user_id", ondelete="RESTRICT"))
    created_at: Mapped[datetime] = mapped_column(TIMESTAMP, server_default=func.now())
    expires_at: Mapped[datetime] = mapped_column(TIMESTAMP)
    used_at: Mapped[datetime | None] = mapped_column(TIMESTAMP)


class AuditEntry(Base):
    """What an admin did, or a sign-in. The table only grows: a trigger refuses everything else.

    No foreign keys: an entry outlives what it speaks of.
    """

    __tablename__ = "audit_log"
    __table_args__ = (
        Index("ix_audit_log_at_id", "at", "id"),
        Index("ix_audit_log_user_id_at_id", "user_id", "at", "id"),
        Index("ix_audit_log_project_id_at_id", "project_id", "at", "id"),
        Index("ix_audit_log_action_at_id", "action", "at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    at: Mapped[datetime] = mapped_column(TIMESTAMP, server_default=func.clock_timestamp())
    actor_id: Mapped[HostId | None] = mapped_column(HOST_ID)
    action: Mapped[str]
    user_id: Mapped[HostId | None] = mapped_column(HOST_ID)
    project_id: Mapped[HostId | None] = mapped_column(HOST_ID)
    address: Mapped[str | None]
    details: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))


_APPEND_ONLY = (
    """
CREATE OR REPLACE FUNCTION client_portal.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE insufficient_privilege USING MESSAGE = 'client_portal.audit_log only grows';
    END
    $$
""",
    """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON client_portal.audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION client_portal.refuse_change()
""",
)
for _statement in _APPEND_ONLY:
    event.listen(AuditEntry.__table__, "after_create", DDL(_statement))  # type: ignore[no-untyped-call]
