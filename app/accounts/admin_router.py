"""HTTP of account administration and the audit log."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from app.accounts.admin import AccountAdministration
from app.accounts.admin_schemas import (
    Account,
    AccountChange,
    AccountsQuery,
    AccountWithMemberships,
    AuditEntry,
    AuditQuery,
    CreatedAccount,
    NewAccount,
    PasswordLink,
)
from app.accounts.administrator import Administrator
from app.core.pagination import Listing
from app.core.problems import documented
from app.core.types import HostId

router = APIRouter(prefix="/api/admin", tags=["admin"], responses=documented(401, 403))


async def _service(request: Request) -> AccountAdministration:
    service: AccountAdministration = request.app.state.account_administration
    return service


Accounts = Annotated[AccountAdministration, Depends(_service)]


@router.get("/accounts")
async def list_accounts(
    _: Administrator, accounts: Accounts, query: Annotated[AccountsQuery, Query()]
) -> Listing[Account]:
    """Accounts by display name; `q` is a part of the name or the e-mail address."""
    items, next_cursor = await accounts.accounts(query.page(), query.filters())
    return Listing(items=items, next_cursor=next_cursor)


@router.post("/accounts", status_code=201, responses=documented(409))
async def create_account(new: NewAccount, admin: Administrator, accounts: Accounts) -> CreatedAccount:
    """Gives an existing user a sign-in. What they sign in with for the first time is shown this once."""
    return await accounts.create(admin, new)


@router.get("/accounts/{user_id}", responses=documented(404))
async def read_account(user_id: HostId, _: Administrator, accounts: Accounts) -> AccountWithMemberships:
    """One account, with its person's parts in projects."""
    return await accounts.account(user_id)


@router.patch("/accounts/{user_id}", responses=documented(404, 409))
async def change_account(user_id: HostId, change: AccountChange, admin: Administrator, accounts: Accounts) -> Account:
    """Changes what is given. Who is switched off or gets another role is signed out everywhere."""
    return await accounts.change(admin, user_id, change)


@router.post("/accounts/{user_id}/password_link", status_code=201, responses=documented(404, 409))
async def make_password_link(user_id: HostId, admin: Administrator, accounts: Accounts) -> PasswordLink:
    """A one-time link by which the person sets their password; earlier ones end. It is shown this once."""
    return await accounts.make_link(admin, user_id)


@router.get("/audit")
async def list_audit_entries(
    _: Administrator, accounts: Accounts, query: Annotated[AuditQuery, Query()]
) -> Listing[AuditEntry]:
    """The audit log, newest first."""
    items, next_cursor = await accounts.audit_log(query.page(), query.filters())
    return Listing(items=items, next_cursor=next_cursor)
