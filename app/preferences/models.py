"""Tables of each person's preferences. The first is laid down by the requirement; what is more has its own."""

from datetime import datetime, time
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, func, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base
from app.core.types import HOST_ID, TIMESTAMP, HostId


class Digest(StrEnum):
    """How often e-mail comes."""

    AT_ONCE = "at_once"
    HOURLY = "hourly"
    DAILY = "daily"


class NotificationSettings(Base):
    """How one person wants to be told; no row means the defaults."""

    __tablename__ = "notification_settings"

    recipient_user_id: Mapped[HostId] = mapped_column(
        HOST_ID, ForeignKey("public.users.id", ondelete="RESTRICT"), primary_key=True
    )
    email_enabled: Mapped[bool] = mapped_column(server_default=text("false"))
    push_enabled: Mapped[bool] = mapped_column(server_default=text("false"))
    realtime_enabled: Mapped[bool] = mapped_column(server_default=text("true"))


class NotificationTimes(Base):
    """When e-mail may come: how often, and not in the quiet hours, by the clock of the person's time zone.

    That is null while they have not chosen one, and UTC is taken. Quiet hours that end before they begin go over
    midnight.
    """

    __tablename__ = "notification_times"
    __table_args__ = (
        CheckConstraint("digest IN ('at_once', 'hourly', 'daily')", name="digest"),
        CheckConstraint("(quiet_from IS NULL) = (quiet_to IS NULL)", name="quiet_hours"),
    )

    user_id: Mapped[HostId] = mapped_column(
        HOST_ID, ForeignKey("public.users.id", ondelete="RESTRICT"), primary_key=True
    )
    digest: Mapped[str] = mapped_column(server_default=text("'at_once'"))
    time_zone: Mapped[str | None]
    quiet_from: Mapped[time | None]
    quiet_to: Mapped[time | None]


class NotificationChoice(Base):
    """By which channels a person wants to hear of one type of event; no row means by all."""

    __tablename__ = "notification_choices"

    user_id: Mapped[HostId] = mapped_column(
        HOST_ID, ForeignKey("public.users.id", ondelete="RESTRICT"), primary_key=True
    )
    type: Mapped[str] = mapped_column(primary_key=True)
    bell: Mapped[bool] = mapped_column(server_default=text("true"))
    email: Mapped[bool] = mapped_column(server_default=text("true"))


class MutedProject(Base):
    """A project of which a person wants to be told nothing, by whatever channel."""

    __tablename__ = "muted_projects"

    user_id: Mapped[HostId] = mapped_column(
        HOST_ID, ForeignKey("public.users.id", ondelete="RESTRICT"), primary_key=True
    )
    project_id: Mapped[HostId] = mapped_column(
        HOST_ID, ForeignKey("public.projects.id", ondelete="RESTRICT"), primary_key=True
    )
    created_at: Mapped[datetime] = mapped_column(TIMESTAMP, server_default=func.clock_timestamp())
