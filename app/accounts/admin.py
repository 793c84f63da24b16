"""What admins do with accounts, and the audit log that tells of it."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Protocol

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts import admin_queries, queries
from app.accounts.admin_queries import AccountRow, AuditRow
from app.accounts.admin_schemas import (
    Account,
    AccountChange,
    AccountWithMemberships,
    AuditedPerson,
    AuditedProject,
    AuditEntry,
    CreatedAccount,
    Membership,
    NewAccount,
    PasswordLink,
)
from app.accounts.audit import Action, Actor, record
from app.accounts.links import PasswordLinks
from app.accounts.roles import Role
from app.accounts.service import create_account, first_password, why_refused
from app.accounts.standing import Standings
from app.core.database import Database, Signal, Transaction
from app.core.errors import Conflict, NotFound
from app.core.pagination import Cursor, Page, cut
from app.core.passwords import Passwords
from app.core.types import HostId
from app.push import queries as push_queries

Welcome = Callable[[Transaction, HostId, Role], Awaitable[None]]
"""What a feature above this one does for a new account, in the same transaction."""

TakeRole = Callable[[Transaction, HostId, Role], Awaitable[None]]
"""What features above this one do when an account gets another role; raises ``Conflict`` if it cannot have that."""


class Memberships(Protocol):
    """What administration asks of projects, which stand above accounts."""

    async def counts(self, connection: AsyncConnection, user_ids: Collection[HostId]) -> Mapping[HostId, int]:
        """Of how many projects each of these is a member; who is of none may be left out."""

    async def of(self, connection: AsyncConnection, user_id: HostId) -> Sequence[Membership]:
        """The person's parts in projects, by the projects' names."""

    async def names(self, connection: AsyncConnection, project_ids: Collection[HostId]) -> Mapping[HostId, str]:
        """The names of all these projects."""


class AccountAdministration:
    """Accounts and the audit log, for admins."""

    def __init__(
        self,
        database: Database,
        passwords: Passwords,
        standings: Standings,
        links: PasswordLinks,
        memberships: Memberships,
        *,
        welcome: Welcome,
        take_role: TakeRole,
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._standings = standings
        self._links = links
        self._memberships = memberships
        self._welcome = welcome
        self._take_role = take_role

    async def accounts(self, page: Page, filters: Mapping[str, Any]) -> tuple[list[Account], str | None]:
        """One page of the accounts by display name, and the cursor of the next."""
        async with self._database.reading() as connection:
            rows = await admin_queries.accounts(connection, filters, page.after, page.limit + 1)
            rows, next_cursor = cut(rows, page.limit, lambda row: Cursor(row.name_key, row.user_id))
            return await self._with_counts(connection, rows), next_cursor

    async def account(self, user_id: HostId) -> AccountWithMemberships:
        """One account with its memberships; raises ``NotFound``."""
        async with self._database.reading() as connection:
            row = await admin_queries.account(connection, user_id)
            if row is None:
                raise NotFound("This user has no account.")
            memberships = list(await self._memberships.of(connection, user_id))
        return AccountWithMemberships(**_shown(row), projects=len(memberships), memberships=memberships)

    async def create(self, actor: Actor, new: NewAccount) -> CreatedAccount:
        """Gives an existing user a sign-in, with a first password or a link to set one.

        Raises ``Invalid``, and ``Conflict`` if the role does not fit the parts in projects that they have already.
        """
        password = first_password()
        link: PasswordLink | None = None
        async with self._database.transaction() as transaction:
            await create_account(
                transaction,
                self._passwords,
                user_id=new.user_id,
                email=new.email,
                name=new.display_name,
                role=new.role,
                password=password,
                actor=actor,
            )
            await self._welcome(transaction, new.user_id, new.role)
            if new.first_password == "link":  # noqa: S105 (a word, not a secret)
                link = await self._links.make(transaction, actor, new.user_id)
            self._forget(transaction, new.user_id)
            account = await self._account(transaction.connection, new.user_id)
        return CreatedAccount(
            account=account,
            first_password=None if link else password,
            link=link.link if link else None,
            link_expires_at=link.expires_at if link else None,
        )

    async def change(self, actor: Actor, user_id: HostId, change: AccountChange) -> Account:
        """Changes an account, as ``change_account`` does, and answers it."""
        async with self._database.transaction() as transaction:
            await change_account(transaction, actor, user_id, change, self._take_role)
            self._forget(transaction, user_id)
            return await self._account(transaction.connection, user_id)

    async def make_link(self, actor: Actor, user_id: HostId) -> PasswordLink:
        """A one-time link for this person, as ``PasswordLinks.make``."""
        async with self._database.transaction() as transaction:
            return await self._links.make(transaction, actor, user_id)

    async def audit_log(self, page: Page, filters: Mapping[str, Any]) -> tuple[list[AuditEntry], str | None]:
        """One page of the audit log, newest first, and the cursor of the next."""
        async with self._database.reading() as connection:
            rows = await admin_queries.audit_entries(connection, filters, page.after, page.limit + 1)
            rows, next_cursor = cut(rows, page.limit, lambda row: Cursor.at(row.at, row.id))
            ids = {row.project_id for row in rows if row.project_id is not None}
            names = await self._memberships.names(connection, ids) if ids else {}
        return [_entry(row, names) for row in rows], next_cursor

    def _forget(self, transaction: Transaction, user_id: HostId) -> None:
        """This process hears its own signals too late for the request that follows."""
        transaction.after_commit.append(lambda: self._standings.forget(user_id))

    async def _account(self, connection: AsyncConnection, user_id: HostId) -> Account:
        row = await admin_queries.account(connection, user_id)
        assert row is not None
        return (await self._with_counts(connection, [row]))[0]

    async def _with_counts(self, connection: AsyncConnection, rows: Sequence[AccountRow]) -> list[Account]:
        counts = await self._memberships.counts(connection, [row.user_id for row in rows]) if rows else {}
        return [Account(**_shown(row), projects=counts.get(row.user_id, 0)) for row in rows]


async def change_account(
    transaction: Transaction,
    actor: Actor,
    user_id: HostId,
    change: AccountChange,
    take_role: TakeRole,
) -> None:
    """Changes what is given. A switched-off account, or one of another role, is signed out everywhere.

    Raises ``NotFound`` without an account, ``Invalid`` for an e-mail address that another one has, and ``Conflict``
    where the role does not fit the person's parts in projects, the actor would lock themself out, or no active admin
    would be left.
    """
    held = await admin_queries.hold_with_admins(transaction.connection, user_id)
    account = held.pop(user_id, None)
    if account is None:
        raise NotFound("This user has no account.")
    before = asdict(account)
    changes = {name: value for name, value in change.model_dump(exclude_none=True).items() if value != before[name]}
    if not changes:
        return
    ends = "role" in changes or changes.get("is_active") is False
    if ends and actor.user_id == user_id:
        raise Conflict("You cannot switch off your own account or change its role.", slug="own-account")
    # Beside this account, only those of active admins are held.
    if ends and account.role == Role.ADMIN and account.is_active and not held:
        raise Conflict("This is the last active admin.", slug="last-admin")
    if "role" in changes:
        await take_role(transaction, user_id, changes["role"])
    try:
        await admin_queries.change_account(transaction.connection, user_id, changes)
    except IntegrityError as error:
        raise why_refused(error) from None
    if ends:
        await queries.end_other_sessions(transaction.connection, user_id, None)
        await push_queries.delete_all_of(transaction.connection, user_id)
    if changes.get("is_active") is False:
        await admin_queries.end_links(transaction.connection, user_id)
    await _record_change(transaction, actor, account, changes)
    transaction.signals.append(Signal("standing", {"user": str(user_id)}))
    if ends:
        transaction.signals.append(Signal("account_ended", {"user": str(user_id)}))


async def _record_change(
    transaction: Transaction, actor: Actor, account: AccountRow, changes: Mapping[str, Any]
) -> None:
    details: dict[str, Any] = {}
    for name, value in changes.items():
        if name != "is_active":
            details |= {name: value, f"{name}_before": getattr(account, name)}
    if details:
        await record(transaction, actor, Action.ACCOUNT_CHANGED, user_id=account.user_id, details=details)
    if "is_active" in changes:
        action = Action.ACCOUNT_REACTIVATED if changes["is_active"] else Action.ACCOUNT_DEACTIVATED
        await record(transaction, actor, action, user_id=account.user_id)


def _shown(row: AccountRow) -> dict[str, Any]:
    return {name: value for name, value in asdict(row).items() if name != "name_key"}


def _entry(row: AuditRow, project_names: Mapping[HostId, str]) -> AuditEntry:
    return AuditEntry(
        id=row.id,
        at=row.at,
        action=Action(row.action),
        actor=AuditedPerson(id=row.actor_id, display_name=row.actor_name) if row.actor_id else None,
        user=AuditedPerson(id=row.user_id, display_name=row.user_name) if row.user_id else None,
        project=AuditedProject(id=row.project_id, name=project_names[row.project_id]) if row.project_id else None,
        address=row.address,
        details=row.details,
    )
