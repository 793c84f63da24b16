"""Preferences on the wire."""

from functools import cache
from importlib.resources import files
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from app.core.types import HostId
from app.preferences.event_types import EventType
from app.preferences.models import Digest


class Settings(BaseModel):
    """How the caller wants to be told; ``email_suppressed`` if nothing is sent to their address, whatever they want."""

    email_enabled: bool
    push_enabled: bool
    realtime_enabled: bool
    email_suppressed: bool


class SettingsChange(BaseModel):
    """Fields that are left out stay as they are."""

    email_enabled: bool | None = None
    push_enabled: bool | None = None
    realtime_enabled: bool | None = None


@cache
def _time_zones() -> frozenset[str]:
    """Every name that the library of time zones knows, whatever the machine does."""
    return frozenset(files("tzdata").joinpath("zones").read_text().split()) - {"Factory"}


def _known(name: str) -> str:
    if name not in _time_zones():
        raise ValueError("must be the name of a time zone, such as Europe/Berlin")
    return name


TimeZone = Annotated[str, StringConstraints(max_length=64), AfterValidator(_known)]
ClockTime = Annotated[str, StringConstraints(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$")]
"""By the clock of the person's time zone, such as 07:30."""


class QuietHours(BaseModel):
    """When no e-mail comes; over midnight if ``to`` is before ``from``."""

    model_config = ConfigDict(populate_by_name=True)

    begin: ClockTime = Field(alias="from")
    end: ClockTime = Field(alias="to")

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if self.begin == self.end:
            raise ValueError("must not end when they begin")
        return self


class Channels(BaseModel):
    """By which channels the caller hears of one type of event."""

    type: EventType
    bell: bool
    email: bool


class ChannelsChange(BaseModel):
    """Of one type of event; what is left out stays as it is."""

    type: EventType
    bell: bool | None = None
    email: bool | None = None


class Preferences(BaseModel):
    """What the caller hears of, and when. ``channels`` has each type that somebody of their role can be told of.

    ``time_zone`` is null while they have not chosen one: then it is UTC.
    """

    channels: list[Channels]
    muted_projects: list[HostId]
    digest: Digest
    time_zone: str | None
    quiet_hours: QuietHours | None


class PreferencesChange(BaseModel):
    """Fields that are left out stay as they are, and so do types; ``quiet_hours`` that are null end."""

    channels: list[ChannelsChange] | None = Field(default=None, max_length=100)
    digest: Digest | None = None
    time_zone: TimeZone | None = None
    quiet_hours: QuietHours | None = None
