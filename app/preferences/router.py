"""HTTP of the own preferences."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from app.accounts.auth import Caller
from app.core.http import InDatabase
from app.core.problems import documented
from app.preferences.schemas import Settings, SettingsChange
from app.preferences.service import PreferenceService

router = APIRouter(prefix="/api/notifications", tags=["preferences"], responses=documented(401, 403))


async def _service(request: Request) -> PreferenceService:
    service: PreferenceService = request.app.state.preferences
    return service


Preferences = Annotated[PreferenceService, Depends(_service)]


@router.get("/settings")
async def read_settings(caller: Caller, preferences: Preferences) -> Settings:
    """How the caller wants to be told."""
    return Settings.model_validate(await preferences.settings(caller.user_id), from_attributes=True)


@router.patch("/settings")
async def change_settings(
    change: SettingsChange, caller: Caller, preferences: Preferences, database: InDatabase
) -> Settings:
    """Changes what is given and answers all settings."""
    changes = change.model_dump(exclude_none=True)
    async with database.transaction() as transaction:
        stored = await preferences.change_settings(transaction, caller.user_id, changes)
    return Settings.model_validate(stored, from_attributes=True)
