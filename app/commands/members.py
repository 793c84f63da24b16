"""`portal member`: who belongs to a project."""

from uuid import UUID

import typer

from app.accounts.audit import COMMAND
from app.commands.console import in_transaction, say
from app.core.database import Transaction
from app.core.errors import Invalid
from app.core.pagination import Cursor
from app.core.types import HostId
from app.projects import admin_queries, queries
from app.projects.admin_queries import MemberRow
from app.projects.roles import MemberRole
from app.projects.service import add_member, remove_member

app = typer.Typer(no_args_is_help=True, help="Who belongs to a project.")

_PAGE = 1000


@app.command()
def add(project_id: UUID, user_id: UUID, role: MemberRole) -> None:
    """Put a user into a project, or change their part in it."""
    in_transaction(lambda transaction: add_member(transaction, COMMAND, project_id, user_id, role))
    say(f"User {user_id} is a {role} of project {project_id}.")


@app.command()
def remove(project_id: UUID, user_id: UUID) -> None:
    """Take a user out of a project."""
    in_transaction(lambda transaction: remove_member(transaction, COMMAND, project_id, user_id))
    say(f"User {user_id} is no longer in project {project_id}.")


@app.command("list")
def list_(project_id: UUID) -> None:
    """Print a project's members, one a line: user id, part, who says so, e-mail address, name."""
    for row in in_transaction(lambda transaction: _all(transaction, project_id)):
        account = f"{row.email}  {row.display_name}" if row.email else "(no account)"
        say(f"{row.user_id}  {row.role:<9}  {row.source:<6}  {account}")


async def _all(transaction: Transaction, project_id: HostId) -> list[MemberRow]:
    if not await queries.project_exists(transaction.connection, project_id):
        raise Invalid(f"There is no project {project_id} in public.projects.")
    found: list[MemberRow] = []
    after: Cursor | None = None
    while True:
        page = await admin_queries.members(transaction.connection, project_id, after, _PAGE)
        found += page
        if len(page) < _PAGE:
            return found
        after = Cursor(page[-1].key, page[-1].user_id)
