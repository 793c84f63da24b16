"""Preferences on the wire."""

from pydantic import BaseModel


class Settings(BaseModel):
    """How the caller wants to be told."""

    email_enabled: bool
    push_enabled: bool
    realtime_enabled: bool


class SettingsChange(BaseModel):
    """Fields that are left out stay as they are."""

    email_enabled: bool | None = None
    push_enabled: bool | None = None
    realtime_enabled: bool | None = None
