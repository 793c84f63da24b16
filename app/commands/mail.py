"""`portal mail`: e-mails that did not arrive, and addresses that take none."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Annotated
from uuid import UUID

import typer

from app.accounts.audit import COMMAND, Actor
from app.commands.console import checked, in_transaction, run, say
from app.core.database import Transaction
from app.core.errors import Problem, StartupError
from app.letters import admin, admin_queries
from app.letters.admin_schemas import NewSuppression
from app.letters.items import QueuedEmail
from app.letters.wording import in_one_line
from app.mail import trial
from app.outbox.models import State
from app.settings import load_settings

app = typer.Typer(no_args_is_help=True, help="E-mails that did not arrive, and addresses that take none.")


@app.command("list")
def list_(
    state: Annotated[State | None, typer.Option()] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many at most, the newest first")] = 100,
) -> None:
    """Print e-mails, one a line: id, state, begin, tries, where to, what it tells first and how much more, and the
    last fault or why it is not sent."""
    filters = {"state": state}
    rows = in_transaction(lambda transaction: admin_queries.emails(transaction.connection, filters, None, limit))
    for row in rows:
        say(_line(row))


@app.command()
def retry(
    email_ids: Annotated[list[UUID] | None, typer.Argument(metavar="[ID]...")] = None,
    dead: Annotated[bool, typer.Option("--dead", help="All that were given up, instead of single ones")] = False,
    retrying: Annotated[bool, typer.Option("--retrying", help="All that would be tried again later")] = False,
) -> None:
    """Have e-mails tried anew, at once, that are dead, not_sent or dropped; or at once those that are retrying."""
    if [dead, retrying, bool(email_ids)].count(True) != 1:
        raise StartupError(
            "Say which: the ids of e-mails, --dead for all that were given up,"
            " or --retrying for all that would be tried again later"
        )
    left = 0
    if dead:
        retried = in_transaction(lambda transaction: admin.retry_dead(transaction, COMMAND))
        count, left = retried.count, retried.left
    elif retrying:
        count = in_transaction(lambda transaction: admin.retry_retrying(transaction, COMMAND))
    else:
        count = in_transaction(lambda transaction: _each(admin.retry, transaction, email_ids or []))
    say(f"{_counted(count)} to be tried again.")
    if left:
        say(f"{left} left: the address is suppressed, `portal mail allow ADDRESS` lets e-mail go there again.")


@app.command()
def drop(email_ids: Annotated[list[UUID], typer.Argument(metavar="ID...")]) -> None:
    """Give up e-mails that are still to be sent, or dead."""
    count = in_transaction(lambda transaction: _each(admin.drop, transaction, email_ids))
    say(f"{_counted(count)} dropped.")


@app.command()
def allow(
    addresses: Annotated[list[str] | None, typer.Argument(metavar="[ADDRESS]...")] = None,
    all_: Annotated[bool, typer.Option("--all", help="Every suppressed address, instead of single ones")] = False,
) -> None:
    """Let e-mail go again to addresses that were suppressed."""
    if all_ == bool(addresses):
        raise StartupError("Say which: addresses, or --all for every suppressed one")
    if all_:
        count = in_transaction(lambda transaction: admin.allow_all(transaction, COMMAND))
        say("E-mail goes to 1 address again." if count == 1 else f"E-mail goes to {count} addresses again.")
    wanted = list({address.lower(): address for address in addresses or []}.values())
    if wanted:
        in_transaction(lambda transaction: admin.allow_each(transaction, COMMAND, wanted))
    for address in wanted:
        say(f"E-mail goes to {address} again.")


@app.command()
def suppressed() -> None:
    """Print the addresses to which nothing is sent, one a line: address, since when, whose, and why."""
    for row in in_transaction(lambda transaction: admin_queries.suppressions(transaction.connection, None, None)):
        parts = (row.address, f"{row.created_at:%Y-%m-%d %H:%M:%SZ}", row.display_name or "nobody's", row.reason)
        say("  ".join(parts))


@app.command("test")
def send_test(address: str) -> None:
    """Send a short e-mail there at once, to see whether e-mail leaves with these settings."""
    say(run(trial.send_test(load_settings(), address)))


@app.command()
def suppress(address: str, reason: Annotated[str | None, typer.Option(help="Why, for admins to read")] = None) -> None:
    """Send nothing to an address any more, such as one whose e-mails came back."""
    suppression = checked(NewSuppression, address=address, reason=reason)
    in_transaction(lambda transaction: admin.suppress(transaction, COMMAND, suppression))
    say(f"No e-mail goes to {suppression.address}.")


Change = Callable[[Transaction, Actor, UUID], Awaitable[None]]


async def _each(change: Change, transaction: Transaction, email_ids: Iterable[UUID]) -> int:
    """Changes all of these e-mails, or none; answers how many. In the order of their ids, as everybody holds them."""
    wanted = sorted(set(email_ids))
    for email_id in wanted:
        try:
            await change(transaction, COMMAND, email_id)
        except Problem as problem:
            raise StartupError(f"E-mail {email_id}: {problem.detail} Nothing was changed.") from None
    return len(wanted)


def _counted(count: int) -> str:
    return "1 e-mail is" if count == 1 else f"{count} e-mails are"


def _line(email: QueuedEmail) -> str:
    tries = "1 try" if email.attempts == 1 else f"{email.attempts} tries"
    whom = email.address or email.recipient.display_name or f"user {email.recipient.id}"
    parts = (
        email.id,
        f"{email.state:<8}",
        f"{email.created_at:%Y-%m-%d %H:%M:%SZ}",
        f"{tries:<8}",
        whom,
        _what(email),
        email.error or "",
    )
    return "  ".join(str(part) for part in parts).rstrip()


def _what(email: QueuedEmail) -> str:
    """The first thing it tells, and how many more."""
    if email.title is None:
        return "nothing"
    first = in_one_line(email.title, _TITLES_LENGTH)
    return first if email.item_count == 1 else f"{first} and {email.item_count - 1} more"


_TITLES_LENGTH = 80
