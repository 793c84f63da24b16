"""HTTP of e-mail's own links. Nobody signs in here: the link is the proof."""

from fastapi import APIRouter, Request
from pydantic import BaseModel

from app.core.errors import Invalid, NotFound
from app.core.http import InDatabase
from app.core.problems import documented
from app.letters.unsubscribe import UnsubscribeLinks
from app.preferences.service import PreferenceService

router = APIRouter(tags=["preferences"], responses=documented(404))


class EmailSetting(BaseModel):
    """Whether somebody gets e-mail."""

    email_enabled: bool


@router.post("/unsubscribe")
async def unsubscribe(request: Request, database: InDatabase, token: str = "") -> EmailSetting:
    """Switches off the e-mail of whom it was sent to, whatever the body says (RFC 8058); again is without effect."""
    links: UnsubscribeLinks = request.app.state.unsubscribe_links
    preferences: PreferenceService = request.app.state.preferences
    user_id = links.user_id(token)
    try:
        async with database.transaction() as transaction:
            stored = await preferences.change_settings(transaction, user_id, {"email_enabled": False})
    except Invalid:
        raise NotFound from None
    return EmailSetting(email_enabled=stored.email_enabled)
