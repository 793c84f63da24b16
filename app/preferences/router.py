"""HTTP of the own preferences."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from app.accounts.auth import Caller
from app.core.http import InDatabase
from app.core.problems import documented
from app.core.types import HostId
from app.preferences.schemas import Preferences, PreferencesChange, Settings, SettingsChange
from app.preferences.service import PreferenceService

router = APIRouter(prefix="/api/notifications", tags=["preferences"], responses=documented(401, 403))


async def _service(request: Request) -> PreferenceService:
    service: PreferenceService = request.app.state.preferences
    return service


Service = Annotated[PreferenceService, Depends(_service)]


@router.get("/settings")
async def read_settings(caller: Caller, service: Service) -> Settings:
    """How the caller wants to be told."""
    return await service.shown_settings(caller.user_id)


@router.patch("/settings")
async def change_settings(change: SettingsChange, caller: Caller, service: Service, database: InDatabase) -> Settings:
    """Changes what is given and answers all settings."""
    changes = change.model_dump(exclude_none=True)
    async with database.transaction() as transaction:
        return await service.change_settings(transaction, caller.user_id, changes)


@router.get("/preferences")
async def read_preferences(caller: Caller, service: Service) -> Preferences:
    """What the caller hears of, by which channels, and when."""
    return await service.preferences(caller)


@router.patch("/preferences")
async def change_preferences(
    change: PreferencesChange, caller: Caller, service: Service, database: InDatabase
) -> Preferences:
    """Changes what is given and answers all preferences."""
    async with database.transaction() as transaction:
        return await service.change_preferences(transaction, caller, change)


@router.put("/muted_projects/{project_id}", status_code=204, responses=documented(404))
async def mute_project(project_id: HostId, caller: Caller, service: Service, database: InDatabase) -> None:
    """The caller hears nothing of this project any more; again is without effect."""
    async with database.transaction() as transaction:
        await service.mute(transaction, caller, project_id)


@router.delete("/muted_projects/{project_id}", status_code=204, responses=documented(404))
async def unmute_project(project_id: HostId, caller: Caller, service: Service, database: InDatabase) -> None:
    """The caller hears of this project again; again is without effect."""
    async with database.transaction() as transaction:
        await service.unmute(transaction, caller, project_id)
