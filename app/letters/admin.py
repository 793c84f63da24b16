"""What admins do with e-mails that did not arrive, and with addresses that take none."""

import re
from collections.abc import Iterable, Mapping
from uuid import UUID

from app.accounts.audit import Action, Actor, record, record_of_many
from app.core.database import Database, Transaction
from app.core.errors import Conflict, NotFound
from app.core.pagination import Cursor, Page, cut
from app.letters import admin_queries
from app.letters.admin_queries import EmailOfState, HeldEmail, SuppressionRow
from app.letters.admin_schemas import Delivery, EmailsQuery, Letter, NewSuppression, Retried, SuppressedAddress
from app.letters.items import QueuedEmail, Recipient
from app.letters.kept import KeptLetters
from app.letters.upkeep import Upkeep
from app.mail.message import one_line
from app.outbox.models import State

_BY_ADDRESS = UUID(int=0)
"""Addresses are unique: a cursor among them needs no id."""

_BY_HAND = "An admin put it down."

_HEAD = re.compile(r"<head(\s[^>]*)?>", re.IGNORECASE)

_UNSUBSCRIBE = re.compile(r"""\shref\s*=\s*(["'])[^"']*/unsubscribe\?token=[^"']*\1""", re.IGNORECASE)

_ALREADY_SENT = ("already-sent", "This e-mail has been sent already.")
_TRIED_AGAIN = ("still-to-be-sent", "This e-mail is tried again by itself.")
_NOT_RETRIED = {
    State.WAITING: ("still-to-be-sent", "This e-mail has not been tried yet: it is sent when it is due."),
    State.SENDING: _TRIED_AGAIN,
    State.SENT: _ALREADY_SENT,
}
_NOT_DROPPED = {
    State.SENT: _ALREADY_SENT,
    State.NOT_SENT: ("not-to-be-sent", "This e-mail is not sent anyway."),
    State.DROPPED: ("already-dropped", "This e-mail has been dropped already."),
}


class MailAdministration:
    """The outbox of e-mail, the letters kept as files, and the suppressed addresses, for admins.

    ``way`` is by which way e-mail leaves, in words.
    """

    def __init__(self, database: Database, letters: KeptLetters, upkeep: Upkeep, way: str) -> None:
        self._database = database
        self._letters = letters
        self._upkeep = upkeep
        self._way = way

    async def emails(self, query: EmailsQuery) -> tuple[list[QueuedEmail], str | None]:
        """One page of the e-mails, newest first, and the cursor of the next."""
        page = query.page()
        async with self._database.reading() as connection:
            rows = await admin_queries.emails(connection, query.filters(), page.after, page.limit + 1)
        rows, next_cursor = cut(rows, page.limit, lambda row: Cursor.at(row.created_at, row.id))
        kept = await self._letters.among([row.id for row in rows])
        return [row.model_copy(update={"has_letter": row.id in kept}) for row in rows], next_cursor

    async def delivery(self) -> Delivery:
        """By which way e-mail leaves, what should have left long ago, and what was given up lately."""
        async with self._database.reading() as connection:
            late = await self._upkeep.late(connection)
            given_up = await self._upkeep.given_up(connection)
        email, push = late.get("e-mail"), late.get("push")
        return Delivery(
            way=self._way,
            email_due_since=email and email.since,
            email_error=email and email.error,
            push_due_since=push and push.since,
            given_up=given_up.number,
            given_up_error=given_up.error,
        )

    async def letter(self, email_id: UUID) -> Letter:
        """The letter as it was written; raises ``NotFound`` where no copy is kept."""
        letter = await self._letters.read(email_id)
        if letter is None:
            raise NotFound("There is no letter here of such an e-mail.")
        return letter

    async def html_of_letter(self, email_id: UUID) -> str:
        """Its HTML, whose links open in windows of their own; raises ``NotFound`` where there is none.

        That which ends somebody's e-mail leads nowhere: who reads it here is somebody else.
        """
        html = (await self.letter(email_id)).html
        if html is None:
            raise NotFound("This letter has no HTML.")
        return _HEAD.sub(r'\g<0><base target="_blank">', _UNSUBSCRIBE.sub("", html), count=1)

    async def suppressions(self, page: Page) -> tuple[list[SuppressedAddress], str | None]:
        """One page of the suppressed addresses in their own order, and the cursor of the next."""
        async with self._database.reading() as connection:
            rows = await admin_queries.suppressions(connection, page.after, page.limit + 1)
        rows, next_cursor = cut(rows, page.limit, lambda row: Cursor(row.address, _BY_ADDRESS))
        return [_suppressed(row) for row in rows], next_cursor


async def retry(transaction: Transaction, actor: Actor, email_id: UUID) -> None:
    """Has an e-mail tried anew that was given up, not sent or dropped. It is judged like any other then.

    One that is tried again by itself is tried at once; its tries count on. Raises ``NotFound``, and ``Conflict`` if it
    has been sent, or has not been tried yet.
    """
    email = await _held(transaction, email_id, _NOT_RETRIED)
    if email.state is State.RETRYING:
        await admin_queries.send_now(transaction.connection, [email_id])
    else:
        await admin_queries.send_anew(transaction.connection, email_id)
    await _record(transaction, actor, Action.EMAIL_RETRIED, email)


async def retry_dead(transaction: Transaction, actor: Actor) -> Retried:
    """Has every e-mail tried anew that was given up, but for those whose address is suppressed.

    Those would end for good as not sent, and be out of reach of the next one who does this.
    """
    dead = await admin_queries.hold_all(transaction.connection, State.DEAD)
    wanted = [email for email in dead if not email.is_suppressed]
    await admin_queries.send_all_anew(transaction.connection, [email.id for email in wanted])
    await _record_all(transaction, actor, wanted, State.DEAD)
    return Retried(count=len(wanted), left=len(dead) - len(wanted))


async def retry_retrying(transaction: Transaction, actor: Actor) -> int:
    """Has every e-mail tried at once that is tried again by itself; answers how many."""
    wanted = await admin_queries.hold_all(transaction.connection, State.RETRYING)
    await admin_queries.send_now(transaction.connection, [email.id for email in wanted])
    await _record_all(transaction, actor, wanted, State.RETRYING)
    return len(wanted)


async def drop(transaction: Transaction, actor: Actor, email_id: UUID) -> None:
    """Ends an e-mail that has not been sent.

    Raises ``NotFound``, and ``Conflict`` if it has ended already or a worker may be sending it.
    """
    email = await _held(transaction, email_id, _NOT_DROPPED)
    await admin_queries.drop(transaction.connection, email_id)
    await _record(transaction, actor, Action.EMAIL_DROPPED, email)


async def allow(transaction: Transaction, actor: Actor, address: str) -> None:
    """Lets e-mail go to an address again that did not take any; raises ``NotFound`` if it is not suppressed."""
    allowed = await admin_queries.lift_suppression(transaction.connection, address)
    if allowed is None:
        raise NotFound("This address is not suppressed.")
    owner = await admin_queries.owner_of(transaction.connection, allowed)
    await record(transaction, actor, Action.ADDRESS_ALLOWED, user_id=owner, details={"address": allowed})


async def allow_each(transaction: Transaction, actor: Actor, addresses: Iterable[str]) -> None:
    """As ``allow`` for each of these; raises ``NotFound``, which says which one is not suppressed."""
    for address in addresses:
        try:
            await allow(transaction, actor, address)
        except NotFound:
            raise NotFound(f"{address} is not suppressed.") from None


async def allow_all(transaction: Transaction, actor: Actor) -> int:
    """As ``allow`` for every suppressed address; answers how many."""
    allowed = await admin_queries.lift_all_suppressions(transaction.connection)
    about = [(owner, {"address": address}) for address, owner in allowed]
    await record_of_many(transaction, actor, Action.ADDRESS_ALLOWED, about)
    return len(allowed)


async def suppress(transaction: Transaction, actor: Actor, suppression: NewSuppression) -> None:
    """Sends nothing to an address any more; where nothing was sent already, the reason of then stays."""
    reason = one_line(suppression.reason or "") or _BY_HAND
    suppressed = await admin_queries.insert_suppression(transaction.connection, suppression.address, reason)
    if suppressed is None:
        return
    owner = await admin_queries.owner_of(transaction.connection, suppressed)
    details = {"address": suppressed, "reason": reason}
    await record(transaction, actor, Action.ADDRESS_SUPPRESSED, user_id=owner, details=details)


async def _held(transaction: Transaction, email_id: UUID, refusals: Mapping[State, tuple[str, str]]) -> HeldEmail:
    """The e-mail, which no worker takes meanwhile; raises ``NotFound``, or ``Conflict`` as its state has it."""
    email = await admin_queries.hold(transaction.connection, email_id)
    if email is None:
        raise NotFound("There is no such e-mail.")
    if email.is_leased:
        raise Conflict("This e-mail is being sent at this moment: look again in a few minutes.", slug="being-sent")
    if email.state in refusals:
        slug, detail = refusals[email.state]
        raise Conflict(detail, slug=slug)
    return email


async def _record(transaction: Transaction, actor: Actor, action: Action, email: HeldEmail) -> None:
    details = _details(email.id, email.state)
    await record(transaction, actor, action, user_id=email.recipient_id, details=details)


async def _record_all(
    transaction: Transaction, actor: Actor, emails: Iterable[EmailOfState], state_before: State
) -> None:
    about = [(email.recipient_id, _details(email.id, state_before)) for email in emails]
    await record_of_many(transaction, actor, Action.EMAIL_RETRIED, about)


def _details(email_id: UUID, state_before: State) -> dict[str, str]:
    return {"email_id": str(email_id), "state_before": state_before.value}


def _suppressed(row: SuppressionRow) -> SuppressedAddress:
    user = None if row.user_id is None else Recipient(id=row.user_id, display_name=row.display_name)
    return SuppressedAddress(address=row.address, reason=row.reason, created_at=row.created_at, user=user)
