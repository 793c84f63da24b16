"""The `portal` command. Every fault is one line on standard error that says what to do."""

import os
import socket
import sys
from typing import Annotated

import typer

from app.commands import accounts, files, mail, members, push, worker
from app.commands.console import direct_url, say, say_where_mail_goes, warn, warn_of_mail
from app.commands.console import run as run_async
from app.core import migrations, pages
from app.core.errors import Problem, StartupError
from app.dev import demo
from app.dev.embedded import EmbeddedPostgres
from app.dev.story import create_story
from app.projects.host_managers import check_managers_query
from app.projects.preflight import check_host
from app.server import listen, serve, unwind_on_sigterm
from app.settings import Settings, load_settings
from app.storage.store import Storage

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="Client Portal.")
app.add_typer(accounts.app, name="account")
app.add_typer(members.app, name="member")
app.add_typer(mail.app, name="mail")
app.command()(files.sweep)
app.command()(push.push_keys)
app.command()(worker.worker)


def portal() -> None:
    """``main``, as the process that a shell starts.

    It ends without the interpreter's own end: threads of the storage may still let go of what they held, and an
    interpreter that ends amid that aborts.
    """
    try:
        main()
    except SystemExit as end:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(end.code if isinstance(end.code, int) else 0)


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
    # The library of options hands on what that of values says to itself.
    return " ".join(message.replace("Value error, ", "").split()).rstrip(".") or "the command is incomplete"


@app.command()
def run() -> None:
    """Serve: on DATABASE_URL, or on an embedded Postgres with the demo world."""
    settings = load_settings().for_serving()
    unwind_on_sigterm()
    with listen(settings) as listener:
        if not settings.is_embedded:
            run_async(Storage(settings.storage_url).check())
            _serve(settings, listener, "admins read")
            return
        with EmbeddedPostgres(settings.data_dir) as server:
            _serve(_with_demo(settings, server), listener, f"{demo.ADMINS_SIGN_IN} reads")


@app.command()
def migrate() -> None:
    """Bring the schema client_portal of DATABASE_URL to the newest revision."""
    applied = run_async(_migrate(direct_url(load_settings())))
    say(f"Applied: {', '.join(applied)}." if applied else "The schema is up to date already.")


@app.command()
def downgrade(revision: Annotated[str, typer.Argument(help="`base` removes all of it")]) -> None:
    """Take the schema client_portal of DATABASE_URL back to a revision."""
    undone = run_async(migrations.downgrade(direct_url(load_settings()), revision))
    say(f"Undone: {', '.join(undone)}." if undone else "There was nothing to undo.")


def _serve(settings: Settings, listener: socket.socket, reader: str) -> None:
    """``reader`` is who reads e-mails that are kept as files, such as "admins read"."""
    run_async(_prepare(settings))
    if not pages.are_built():
        warn("the pages are not built: run `make build`, or use the API alone")
    if settings.notify_test_endpoints and settings.app_env == "production":
        warn("NOTIFY_TEST_ENDPOINTS is on in production: staff can make notifications by /api/testnotify")
    warn_of_mail(settings)
    say_where_mail_goes(settings, reader)
    say(f"Client Portal: {settings.base_url}  (Ctrl-C ends it)")
    serve(settings, listener)


def _with_demo(settings: Settings, server: EmbeddedPostgres) -> Settings:
    """The settings of the embedded run, put into the environment too: worker processes read it."""
    run_async(Storage(settings.storage_url).check())  # before the demo world, whose files are to go there
    url = demo.portal_url(server, settings.data_dir)
    run_async(demo.create_host(server, url))
    own = {"DATABASE_URL": url} | demo.kept_secrets(settings)
    os.environ.update(own | {"NOTIFY_TEST_ENDPOINTS": "true"})
    run_async(_migrate(url))
    settings = load_settings()
    if run_async(demo.create_accounts(url)):
        run_async(create_story(settings))
    say("The demo world, on an embedded Postgres. Sign in with one of these; the password of all is demo-password:")
    for email, role in demo.SIGN_INS:
        say(f"  {email:<20} {role}")
    return settings


async def _prepare(settings: Settings) -> None:
    """Checks the host, brings the schema up to date where that is needed, and tries the host's query."""
    url = direct_url(settings)
    if await migrations.is_current(url):
        for warning in await check_host(url, migrating=False):
            warn(warning)
    else:
        await _migrate(url)
    if settings.host_managers_query is not None:
        await check_managers_query(url, settings.host_managers_query)


async def _migrate(url: str) -> list[str]:
    for warning in await check_host(url):
        warn(warning)
    return await migrations.upgrade(url)
