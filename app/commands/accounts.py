"""`portal account`: sign-ins of existing users."""

import sys
from datetime import timedelta
from typing import Annotated
from uuid import UUID

import typer

from app.accounts import admin_queries
from app.accounts.admin import change_account
from app.accounts.admin_queries import AccountRow
from app.accounts.admin_schemas import AccountChange, NewAccount
from app.accounts.audit import COMMAND
from app.accounts.links import PasswordLinks
from app.accounts.roles import Role
from app.accounts.schemas import PASSWORD_MAX, PASSWORD_MIN
from app.accounts.service import create_account, first_password
from app.commands.console import checked, in_transaction, say
from app.core.database import Transaction
from app.core.errors import StartupError
from app.core.pagination import Cursor
from app.core.passwords import Passwords
from app.core.types import HostId
from app.notifications.service import take_role, welcome
from app.settings import load_settings

app = typer.Typer(no_args_is_help=True, help="Sign-ins of existing users.")

_PAGE = 1000


@app.command()
def create(
    user_id: Annotated[UUID, typer.Option()],
    email: Annotated[str, typer.Option()],
    name: Annotated[str, typer.Option()],
    role: Annotated[Role, typer.Option()],
    password_stdin: Annotated[bool, typer.Option(help="Read the first password from standard input")] = False,
    link: Annotated[bool, typer.Option(help="Print a one-time link to set a password instead of one")] = False,
) -> None:
    """Give an existing user a sign-in, and print its first password unless one is given, or the link to set one."""
    if link and password_stdin:
        raise StartupError("Give either --link or --password-stdin")
    new = checked(NewAccount, user_id=user_id, email=email, display_name=name, role=role)
    password = _password_from_stdin() if password_stdin else first_password()

    async def work(transaction: Transaction) -> str:
        await create_account(
            transaction,
            Passwords(),
            user_id=new.user_id,
            email=new.email,
            name=new.display_name,
            role=new.role,
            password=password,
        )
        await welcome(transaction, new.user_id, new.role)
        return await _link(transaction, new.user_id) if link else password

    first = in_transaction(work)
    say(f"Account made for {new.email}." if password_stdin else first)


@app.command("list")
def list_(search: Annotated[str, typer.Option(help="A part of the name or the e-mail address")] = "") -> None:
    """Print all accounts, one a line: user id, role, state, e-mail address, name."""
    for row in in_transaction(lambda transaction: _all(transaction, search)):
        state = "active" if row.is_active else "inactive"
        say(f"{row.user_id}  {row.role:<9}  {state:<8}  {row.email}  {row.display_name}")


@app.command()
def change(
    user_id: UUID,
    email: Annotated[str | None, typer.Option()] = None,
    name: Annotated[str | None, typer.Option()] = None,
    role: Annotated[Role | None, typer.Option()] = None,
) -> None:
    """Change the e-mail address, the name or the role of an account. Another role signs its person out."""
    changes = checked(AccountChange, email=email, display_name=name, role=role)
    if not changes.model_dump(exclude_none=True):
        raise StartupError("Say what to change: --email, --name or --role")
    _change(user_id, changes)
    say(f"The account of user {user_id} is changed.")


@app.command()
def deactivate(user_id: UUID) -> None:
    """Switch an account off; its person is signed out everywhere."""
    _change(user_id, AccountChange(is_active=False))
    say(f"The account of user {user_id} is switched off.")


@app.command()
def activate(user_id: UUID) -> None:
    """Switch an account on again."""
    _change(user_id, AccountChange(is_active=True))
    say(f"The account of user {user_id} is switched on.")


@app.command()
def link(user_id: UUID) -> None:
    """Print a one-time link by which the person sets their password; earlier ones end."""
    say(in_transaction(lambda transaction: _link(transaction, user_id)))


def _change(user_id: HostId, changes: AccountChange) -> None:
    in_transaction(lambda transaction: change_account(transaction, COMMAND, user_id, changes, take_role))


async def _link(transaction: Transaction, user_id: HostId) -> str:
    settings = load_settings()
    links = PasswordLinks(settings.base_url, timedelta(hours=settings.password_link_hours))
    return (await links.make(transaction, COMMAND, user_id)).link


async def _all(transaction: Transaction, search: str) -> list[AccountRow]:
    found: list[AccountRow] = []
    after: Cursor | None = None
    while True:
        page = await admin_queries.accounts(transaction.connection, {"q": search}, after, _PAGE)
        found += page
        if len(page) < _PAGE:
            return found
        after = Cursor(page[-1].name_key, page[-1].user_id)


def _password_from_stdin() -> str:
    password = sys.stdin.readline().rstrip("\r\n")
    if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        raise StartupError(f"The password must have {PASSWORD_MIN} to {PASSWORD_MAX} characters")
    return password
