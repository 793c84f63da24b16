"""What the commands share: settings, one transaction, and words to the person at the console."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import typer
from pydantic import BaseModel, ValidationError

from app.core.database import Transaction
from app.core.errors import StartupError
from app.dev import demo
from app.realtime.once import one_transaction
from app.settings import Settings, load_settings

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


def in_transaction(work: Callable[[Transaction], Awaitable[T]]) -> T:
    """Does the work in one transaction on DATABASE_URL, or on the demo's database while it runs; answers its answer."""

    async def run_it() -> T:
        async with one_transaction(database_url(load_settings())) as transaction:
            return await work(transaction)

    return run(run_it())


def database_url(settings: Settings) -> str:
    """The address of DATABASE_URL, past a pooler, or of the demo's database while it runs."""
    url = demo.running_url(settings) if settings.is_embedded else None
    return url or direct_url(settings)


def direct_url(settings: Settings) -> str:
    """The database's address past a pooler; raises ``StartupError`` without one."""
    url = settings.database_listen_url or settings.database_url
    if url is None:
        raise StartupError(
            "DATABASE_URL: must be set for this command, such as postgresql://user:password@host/database"
        )
    return url


def checked(model: type[M], **values: Any) -> M:
    """What was typed, as the API would take it; raises ``StartupError`` with the first fault."""
    try:
        return model(**values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        message = first["msg"].removeprefix("Value error, ")
        raise StartupError(f"{'.'.join(map(str, first['loc']))}: {message}") from None


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


def say(line: str) -> None:
    typer.echo(line)


def warn(line: str) -> None:
    typer.echo(f"portal: warning: {line}", err=True)


def warn_of_mail(settings: Settings) -> None:
    """Says what keeps e-mail from being sent, or from being of use."""
    if (lacking := settings.lacking_for_mail) is not None:
        warn(f"{lacking} is not set: no e-mail is sent, and what is to be sent waits")
        return
    if settings.smtp_url is None:
        return
    if settings.public_url is None:
        warn(f"PUBLIC_URL is not set: links in e-mails lead to {settings.base_url}")
    if settings.mail_from is None and not settings.sender.is_of_the_internet:
        warn(f"MAIL_FROM is not set: e-mails are from {settings.sender.address}, which mail servers hardly take")


def say_where_mail_goes(settings: Settings, reader: str) -> None:
    """Says where letters are that are not sent, and who is to send where this process does not.

    ``reader`` is who reads them, such as "admins read".
    """
    if settings.kept_mail is not None:
        say(f"E-mail is kept in {settings.kept_mail}; {reader} it under Admin, E-mail")
    if not settings.mail_worker:
        say("E-mail and push wait for `portal worker`: MAIL_WORKER is false")
