"""One-time links by which a person sets their password."""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta

from app.accounts import admin_queries
from app.accounts.admin_schemas import PasswordLink
from app.accounts.audit import Action, Actor, record
from app.accounts.queries import hold_account
from app.core.database import Transaction
from app.core.errors import Conflict, NotFound
from app.core.types import HostId


class PasswordLinks:
    """Makes links to the page that sets a password. The token stays behind the ``#``: no server logs it."""

    def __init__(self, base_url: str, life: timedelta) -> None:
        self._page = f"{base_url}/set-password"
        self._life = life

    async def make(self, transaction: Transaction, actor: Actor, user_id: HostId) -> PasswordLink:
        """A new link for this person; earlier ones end.

        Raises ``NotFound`` without an account, and ``Conflict`` if it is switched off.
        """
        account = await hold_account(transaction.connection, user_id)
        if account is None:
            raise NotFound("This user has no account.")
        if not account.is_active:
            raise Conflict("The account is switched off: switch it on first.", slug="account-inactive")
        token = secrets.token_urlsafe(32)
        expires_at = datetime.now(UTC) + self._life
        await admin_queries.end_links(transaction.connection, user_id)
        await admin_queries.insert_link(transaction.connection, hash_of(token), user_id, expires_at)
        details = {"expires_at": expires_at.isoformat()}
        await record(transaction, actor, Action.PASSWORD_LINK_MADE, user_id=user_id, details=details)
        return PasswordLink(link=f"{self._page}#{token}", expires_at=expires_at)


def hash_of(token: str) -> str:
    """What is kept of a link. The token is long and random, so a plain digest cannot be guessed back."""
    return hashlib.sha256(token.encode()).hexdigest()
