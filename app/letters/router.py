"""HTTP of e-mail's own links. Nobody signs in here: the link is the proof."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, StringConstraints

from app.core.database import Database
from app.core.errors import Invalid, NotFound
from app.core.http import InDatabase
from app.core.problems import documented
from app.core.types import STORABLE, HostId
from app.letters.unsubscribe import UnsubscribeLinks
from app.preferences.router import Service
from app.preferences.service import PreferenceService

router = APIRouter(tags=["preferences"], responses=documented(404))


class EmailSetting(BaseModel):
    """Whether somebody gets e-mail."""

    email_enabled: bool


class EmailSettingChange(EmailSetting):
    """By ``token``, that of a link in an e-mail, whoever that was sent to."""

    token: Annotated[str, StringConstraints(max_length=1000), STORABLE]


class Addressee(EmailSetting):
    """Whom a link was sent to; ``display_name`` is null without an account."""

    display_name: str | None


async def _links(request: Request) -> UnsubscribeLinks:
    links: UnsubscribeLinks = request.app.state.unsubscribe_links
    return links


Links = Annotated[UnsubscribeLinks, Depends(_links)]


@router.post("/unsubscribe")
async def unsubscribe(links: Links, preferences: Service, database: InDatabase, token: str = "") -> EmailSetting:
    """Switches off the e-mail of whom it was sent to, whatever the body says (RFC 8058); again is without effect."""
    await _switch(preferences, database, links.user_id(token), is_on=False)
    return EmailSetting(email_enabled=False)


@router.get("/api/unsubscribe")
async def read_email_setting(links: Links, preferences: Service, token: str = "") -> Addressee:
    """Whom a link in an e-mail was sent to, and whether they get e-mail: for the page that asks."""
    return await _addressee(preferences, links.user_id(token))


@router.post("/api/unsubscribe")
async def change_email_setting(
    change: EmailSettingChange, links: Links, preferences: Service, database: InDatabase
) -> Addressee:
    """Switches the e-mail of whom the link was sent to off, or on again."""
    user_id = links.user_id(change.token)
    await _switch(preferences, database, user_id, is_on=change.email_enabled)
    return await _addressee(preferences, user_id)


async def _switch(preferences: PreferenceService, database: Database, user_id: HostId, *, is_on: bool) -> None:
    try:
        async with database.transaction() as transaction:
            await preferences.change_settings(transaction, user_id, {"email_enabled": is_on})
    except Invalid:
        raise NotFound from None


async def _addressee(preferences: PreferenceService, user_id: HostId) -> Addressee:
    found = await preferences.addressee(user_id)
    return Addressee(display_name=found.display_name, email_enabled=found.email_enabled)
