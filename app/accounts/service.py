"""Sign-in, sign-out, passwords, and making accounts."""

import secrets
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from app.accounts import admin_queries, queries
from app.accounts.admin_schemas import PasswordByLink
from app.accounts.audit import COMMAND, Action, Actor, record
from app.accounts.links import hash_of
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
from app.push import queries as push_queries


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
        signed_in = await self._open_session(account, address) if account is not None and is_right else None
        if signed_in is None:
            await self._record_refusal(account, is_right, address)
            raise _WRONG_CREDENTIALS
        await self._throttle.forgive(credentials.email, address)
        return signed_in

    async def sign_out(self, principal: Principal, address: str) -> None:
        """Ends the caller's session here; a token of the host ends with the host."""
        if principal.session_id is None:
            return
        async with self._database.transaction() as transaction:
            await queries.end_session(transaction.connection, principal.session_id)
            await _record_own(transaction, Action.SIGNED_OUT, principal.user_id, address)
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
            await self._set_password(transaction, principal.user_id, hashed, kept=principal.session_id)
            await _record_own(transaction, Action.PASSWORD_CHANGED, principal.user_id, address)

    async def set_password_by_link(self, change: PasswordByLink, address: str) -> None:
        """Sets the password of the person whom a link was made for, and ends every session of theirs.

        Raises ``Invalid`` for a link that is not good, whatever the reason, and ``TooMany`` if it was too often.
        """
        await self._throttle.admit(None, address)
        token_hash = hash_of(change.token)
        async with self._database.reading() as connection:
            if not await admin_queries.link_is_good(connection, token_hash):
                raise _BAD_LINK
        hashed = await self._passwords.hash(change.new_password)
        async with self._database.transaction() as transaction:
            user_id = await admin_queries.use_link(transaction.connection, token_hash)
            account = await queries.account_by_id(transaction.connection, user_id) if user_id else None
            if account is None:
                raise _BAD_LINK
            await self._set_password(transaction, account.user_id, hashed, kept=None)
            await _record_own(transaction, Action.PASSWORD_SET_BY_LINK, account.user_id, address)
        await self._throttle.forgive(account.email, address)

    async def _set_password(self, transaction: Transaction, user_id: HostId, hashed: str, *, kept: UUID | None) -> None:
        """Ends what came by the earlier password: every session but the kept one, push, and links to set it."""
        await queries.set_password(transaction.connection, user_id, hashed)
        await queries.end_other_sessions(transaction.connection, user_id, kept)
        await push_queries.delete_all_of(transaction.connection, user_id)
        await admin_queries.end_links(transaction.connection, user_id)
        self._announce(transaction, user_id)
        ended = {"user": str(user_id), "kept": str(kept) if kept else None}
        transaction.signals.append(Signal("sessions_ended", ended))

    async def _record_refusal(self, account: StoredAccount | None, is_right: bool, address: str) -> None:
        """One entry whether or not there is such an account, so that both answers take as long."""
        reason = "wrong_password" if account else "unknown_account"
        async with self._database.transaction() as transaction:
            await record(
                transaction,
                Actor(None, address),
                Action.SIGN_IN_REFUSED,
                user_id=account.user_id if account else None,
                details={"reason": "account_ended" if is_right else reason},
            )

    async def _open_session(self, account: StoredAccount, address: str) -> SignedIn | None:
        """None if the account or its password is no longer what it was when it was read."""
        expires_at = datetime.now(UTC) + self._session_life
        async with self._database.transaction() as transaction:
            held = await queries.hold_account(transaction.connection, account.user_id)
            if held is None or not held.is_active or held.password_hash != account.password_hash:
                return None
            await queries.purge_sessions(transaction.connection, account.user_id)
            session_id = await queries.open_session(transaction.connection, account.user_id, expires_at)
            await _record_own(transaction, Action.SIGNED_IN, account.user_id, address)
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


async def _record_own(transaction: Transaction, action: Action, user_id: HostId, address: str) -> None:
    """An entry of what a person did with their own account."""
    await record(transaction, Actor(user_id, address), action, user_id=user_id)


async def create_account(
    transaction: Transaction,
    passwords: Passwords,
    *,
    user_id: HostId,
    email: str,
    name: str,
    role: Role,
    password: str,
    actor: Actor = COMMAND,
) -> None:
    """Gives an existing host user a sign-in.

    Raises ``Invalid`` when there is one already, no such user, or what is given could not be used.
    """
    hashed = await passwords.hash(password)
    try:
        await queries.insert_account(transaction.connection, StoredAccount(user_id, email, name, role, hashed))
    except IntegrityError as error:
        raise why_refused(error) from None
    details = {"email": email, "display_name": name, "role": role.value}
    await record(transaction, actor, Action.ACCOUNT_CREATED, user_id=user_id, details=details)


def why_refused(error: IntegrityError) -> Invalid:
    """What the database says against an account, with the field that is to blame."""
    constraint = getattr(error.orig.__cause__ if error.orig else None, "constraint_name", None) or ""
    field, reason = _REASONS.get(constraint, (None, "The account cannot be stored like this."))
    errors = [{"loc": ["body", field], "msg": reason, "type": "taken"}] if field else None
    return Invalid(reason, errors=errors)


def first_password() -> str:
    """A password to be handed over once."""
    return secrets.token_urlsafe(12)


_WRONG_CREDENTIALS = Unauthenticated("The e-mail address or the password is wrong.")
_BAD_LINK = Invalid("This link is no longer good: ask for a new one.")

_REASONS = {
    "pk_accounts": ("user_id", "This user has an account already."),
    "uq_accounts_email_lower": ("email", "Another account has this e-mail address."),
    "fk_accounts_user_id": ("user_id", "There is no such user in public.users."),
}


def _me(account: StoredAccount) -> Me:
    return Me(id=account.user_id, display_name=account.display_name, email=account.email, role=Role(account.role))
