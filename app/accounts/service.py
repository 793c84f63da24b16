"""Sign-in, sign-out, passwords, and making accounts."""

import re
import secrets
from datetime import UTC, datetime, timedelta

from sqlalchemy.exc import IntegrityError

from app.accounts import queries
from app.accounts.principal import Principal
from app.accounts.queries import StoredAccount
from app.accounts.roles import STREAM_SCOPE, Role
from app.accounts.schemas import Credentials, Me, PasswordChange, SignedIn
from app.accounts.standing import Standings
from app.accounts.throttle import SignInThrottle
from app.core.database import Database, Signal, Transaction
from app.core.errors import Forbidden, Invalid, Unauthenticated
from app.core.passwords import Passwords
from app.core.tokens import Claims, Tokens
from app.core.types import HostId


class AccountService:
    """Works in transactions of its own where a password is checked: hashing takes long, connections are few."""

    def __init__(
        self, database: Database, passwords: Passwords, tokens: Tokens, standings: Standings, session_life: timedelta
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._tokens = tokens
        self._standings = standings
        self._throttle = SignInThrottle(database)
        self._session_life = session_life

    async def sign_in(self, credentials: Credentials, address: str) -> SignedIn:
        """Opens a session; raises ``Unauthenticated`` without telling what was wrong, or ``TooMany``."""
        await self._throttle.admit(credentials.email, address)
        async with self._database.reading() as connection:
            account = await queries.account_by_email(connection, credentials.email)
        is_right = await self._passwords.verify(credentials.password, account.password_hash if account else None)
        if account is None or not is_right:
            raise _WRONG_CREDENTIALS
        signed_in = await self._open_session(account)
        await self._throttle.forgive(credentials.email, address)
        return signed_in

    async def sign_out(self, principal: Principal) -> None:
        """Ends the caller's session here; a token of the host ends with the host."""
        if principal.session_id is None:
            return
        async with self._database.transaction() as transaction:
            await queries.end_session(transaction.connection, principal.session_id)
            self._announce(transaction, principal.user_id)
            transaction.signals.append(Signal("session_ended", {"session": str(principal.session_id)}))

    async def me(self, principal: Principal) -> Me:
        async with self._database.reading() as connection:
            account = await queries.account_by_id(connection, principal.user_id)
        if account is None:
            return Me(id=principal.user_id, display_name=None, email=None, role=min(principal.roles, default=None))
        return _me(account)

    async def change_password(self, principal: Principal, change: PasswordChange, address: str) -> None:
        """Sets the caller's own password and ends every other session.

        Raises ``Forbidden`` if the current one is wrong, ``TooMany`` if it was too often.
        """
        async with self._database.reading() as connection:
            account = await queries.account_by_id(connection, principal.user_id)
        if account is None:
            raise Forbidden("Your password is kept by the app you signed in with.")
        await self._throttle.admit(account.email, address)
        if not await self._passwords.verify(change.current_password, account.password_hash):
            raise Forbidden("The current password is wrong.")
        await self._throttle.forgive(account.email, address)
        hashed = await self._passwords.hash(change.new_password)
        async with self._database.transaction() as transaction:
            await queries.set_password(transaction.connection, principal.user_id, hashed)
            await queries.end_other_sessions(transaction.connection, principal.user_id, principal.session_id)
            self._announce(transaction, principal.user_id)
            kept = str(principal.session_id) if principal.session_id else None
            ended = {"user": str(principal.user_id), "kept": kept}
            transaction.signals.append(Signal("sessions_ended", ended))

    async def _open_session(self, account: StoredAccount) -> SignedIn:
        expires_at = datetime.now(UTC) + self._session_life
        async with self._database.transaction() as transaction:
            held = await queries.hold_account(transaction.connection, account.user_id)
            # The password may have been changed, or the account switched off, since it was read.
            if held is None or not held.is_active or held.password_hash != account.password_hash:
                raise _WRONG_CREDENTIALS
            await queries.purge_sessions(transaction.connection, account.user_id)
            session_id = await queries.open_session(transaction.connection, account.user_id, expires_at)
        claims = Claims(
            user_id=account.user_id,
            roles=frozenset({account.role}),
            scopes=frozenset({STREAM_SCOPE}),
            expires_at=expires_at.timestamp(),
            session_id=session_id,
        )
        return SignedIn(
            access_token=self._tokens.issue(claims),
            expires_in=int(self._session_life.total_seconds()),
            user=_me(account),
        )

    def _announce(self, transaction: Transaction, user_id: HostId) -> None:
        """Makes every process forget what it remembers of this person; this one before the answer goes out."""
        transaction.signals.append(Signal("standing", {"user": str(user_id)}))
        transaction.after_commit.append(lambda: self._standings.forget(user_id))


async def create_account(
    transaction: Transaction, passwords: Passwords, *, user_id: HostId, email: str, name: str, role: Role, password: str
) -> None:
    """Gives an existing host user a sign-in.

    Raises ``Invalid`` when there is one already, no such user, or what is given could not be used.
    """
    if not _EMAIL.fullmatch(email):
        raise Invalid(f"{email!r} is not an e-mail address.")
    if not name.strip():
        raise Invalid("The name must not be blank.")
    hashed = await passwords.hash(password)
    try:
        await queries.insert_account(transaction.connection, StoredAccount(user_id, email, name, role, hashed))
    except IntegrityError as error:
        raise Invalid(_REASONS.get(_constraint(error), "The account cannot be created.")) from None


def first_password() -> str:
    """A password to be handed over once."""
    return secrets.token_urlsafe(12)


# What a sign-in form takes for an address; whether mail arrives there is shown by mail.
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+")
_WRONG_CREDENTIALS = Unauthenticated("The e-mail address or the password is wrong.")

_REASONS = {
    "pk_accounts": "This user has an account already.",
    "uq_accounts_email_lower": "Another account has this e-mail address.",
    "fk_accounts_user_id": "There is no such user in public.users.",
}


def _constraint(error: IntegrityError) -> str:
    return getattr(error.orig.__cause__ if error.orig else None, "constraint_name", None) or ""


def _me(account: StoredAccount) -> Me:
    return Me(id=account.user_id, display_name=account.display_name, email=account.email, role=Role(account.role))
