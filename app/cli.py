"""The `portal` command. Every fault is one line on standard error that says what to do."""

import asyncio
import os
import secrets
import socket
import sys
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any, TypeVar
from uuid import UUID

import typer

from app.accounts.audit import COMMAND
from app.accounts.roles import Role
from app.accounts.schemas import PASSWORD_MAX, PASSWORD_MIN
from app.accounts.service import create_account, first_password
from app.core import migrations, pages
from app.core.database import Transaction
from app.core.errors import Problem, StartupError
from app.core.passwords import Passwords
from app.dev import demo
from app.dev.conversation import create_conversation
from app.dev.embedded import EmbeddedPostgres
from app.notifications.service import welcome
from app.projects.preflight import check_host
from app.projects.roles import MemberRole
from app.projects.service import add_member, remove_member
from app.realtime.once import one_transaction
from app.server import listen, serve, unwind_on_sigterm
from app.settings import Settings, load_settings

T = TypeVar("T")

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="Client Portal.")
account = typer.Typer(no_args_is_help=True, help="Sign-ins of existing users.")
member = typer.Typer(no_args_is_help=True, help="Who belongs to a project.")
app.add_typer(account, name="account")
app.add_typer(member, name="member")


def main() -> None:
    """Runs the command; a fault that a person can mend is one line, never a traceback."""
    try:
        sys.exit(app(standalone_mode=False))
    except (StartupError, Problem) as error:
        sys.stderr.write(f"portal: {error}\n")
        sys.exit(1)
    except typer.TyperException as error:
        sys.stderr.write(f"portal: {_what_is_wrong(error)}; `portal --help` shows how it is used\n")
        sys.exit(2)


def _what_is_wrong(error: typer.TyperException) -> str:
    """The fault with the name of its option or argument, where there is one."""
    message = error.format_message() if hasattr(error, "format_message") else str(error)
    return " ".join(message.split()).rstrip(".") or "the command is incomplete"


@app.command()
def run() -> None:
    """Serve: on DATABASE_URL, or on an embedded Postgres with the demo world."""
    settings = load_settings().for_serving()
    unwind_on_sigterm()
    with listen(settings) as listener:
        if not settings.is_embedded:
            _serve(settings, listener)
            return
        with EmbeddedPostgres(settings.data_dir) as server:
            _serve(_with_demo(settings, server), listener)


@app.command()
def migrate() -> None:
    """Bring the schema client_portal of DATABASE_URL to the newest revision."""
    applied = _run(_migrate(_direct_url(load_settings())))
    _say(f"Applied: {', '.join(applied)}." if applied else "The schema is up to date already.")


@app.command()
def downgrade(revision: Annotated[str, typer.Argument(help="`base` removes all of it")]) -> None:
    """Take the schema client_portal of DATABASE_URL back to a revision."""
    undone = _run(migrations.downgrade(_direct_url(load_settings()), revision))
    _say(f"Undone: {', '.join(undone)}." if undone else "There was nothing to undo.")


@account.command("create")
def account_create(
    user_id: Annotated[UUID, typer.Option()],
    email: Annotated[str, typer.Option()],
    name: Annotated[str, typer.Option()],
    role: Annotated[Role, typer.Option()],
    password_stdin: Annotated[bool, typer.Option(help="Read the first password from standard input")] = False,
) -> None:
    """Give an existing user a sign-in, and print its first password unless one is given."""
    password = _password_from_stdin() if password_stdin else first_password()

    async def work(transaction: Transaction) -> None:
        await create_account(
            transaction, Passwords(), user_id=user_id, email=email, name=name, role=role, password=password
        )
        await welcome(transaction, user_id, role)

    _in_transaction(work)
    _say(f"Account made for {email}." if password_stdin else password)


@member.command("add")
def member_add(project_id: UUID, user_id: UUID, role: MemberRole) -> None:
    """Put a user into a project, or change their part in it."""
    _in_transaction(lambda transaction: add_member(transaction, COMMAND, project_id, user_id, role))
    _say(f"User {user_id} is a {role} of project {project_id}.")


@member.command("remove")
def member_remove(project_id: UUID, user_id: UUID) -> None:
    """Take a user out of a project."""
    _in_transaction(lambda transaction: remove_member(transaction, COMMAND, project_id, user_id))
    _say(f"User {user_id} is no longer in project {project_id}.")


def _serve(settings: Settings, listener: socket.socket) -> None:
    _run(_prepare(settings))
    if not pages.are_built():
        _warn("the pages are not built: run `make build`, or use the API alone")
    if settings.notify_test_endpoints and settings.app_env == "production":
        _warn("NOTIFY_TEST_ENDPOINTS is on in production: staff can make notifications by /api/testnotify")
    _say(f"Client Portal: {settings.base_url}  (Ctrl-C ends it)")
    serve(settings, listener)


def _with_demo(settings: Settings, server: EmbeddedPostgres) -> Settings:
    """The settings of the embedded run, put into the environment too: worker processes read it."""
    url = demo.portal_url(server, settings.data_dir)
    _run(demo.create_host(server, url))
    own = {"DATABASE_URL": url, "JWT_SECRET": settings.jwt_secret or _kept_secret(settings.data_dir)}
    os.environ.update(own | {"NOTIFY_TEST_ENDPOINTS": "true"})
    _run(_migrate(url))
    if _run(demo.create_accounts(url)):
        _run(create_conversation(url))
    _say("The demo world, on an embedded Postgres. Sign in with one of these; the password of all is demo-password:")
    for email, role in demo.SIGN_INS:
        _say(f"  {email:<20} {role}")
    return load_settings()


def _kept_secret(data_dir: Path) -> str:
    """The signing key of the embedded run, made once, so that sign-ins outlive a restart."""
    file = data_dir / "jwt-secret"
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_hex(32))
    return file.read_text()


async def _prepare(settings: Settings) -> None:
    """Checks the host, and brings the schema up to date where that is needed."""
    url = _direct_url(settings)
    if await migrations.is_current(url):
        for warning in await check_host(url, migrating=False):
            _warn(warning)
    else:
        await _migrate(url)


async def _migrate(url: str) -> list[str]:
    for warning in await check_host(url):
        _warn(warning)
    return await migrations.upgrade(url)


def _direct_url(settings: Settings) -> str:
    url = settings.database_listen_url or settings.database_url
    if url is None:
        raise StartupError(
            "DATABASE_URL: must be set for this command, such as postgresql://user:password@host/database"
        )
    return url


def _in_transaction(work: Callable[[Transaction], Awaitable[None]]) -> None:
    async def run_it() -> None:
        async with one_transaction(_direct_url(load_settings())) as transaction:
            await work(transaction)

    _run(run_it())


def _password_from_stdin() -> str:
    password = sys.stdin.readline().rstrip("\r\n")
    if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        raise StartupError(f"The password must have {PASSWORD_MIN} to {PASSWORD_MAX} characters")
    return password


def _run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


def _say(line: str) -> None:
    typer.echo(line)


def _warn(line: str) -> None:
    typer.echo(f"portal: warning: {line}", err=True)
