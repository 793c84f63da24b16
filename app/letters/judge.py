"""Whether an e-mail that is due is sent: what of it its recipient still may and wants to hear, and when."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from app.letters import queries
from app.letters.composer import SHOWN, Composer
from app.letters.queries import Against, Contents, DueEmail
from app.letters.times import times_of
from app.letters.unsubscribe import UnsubscribeLinks
from app.mail.letter import Letter
from app.outbox.courier import Later, Never, Send, TooLate, Unfit, Verdict
from app.outbox.faults import place_of
from app.projects.preflight import HostSchema

log = structlog.get_logger(__name__)


class LetterJudge:
    """Judges e-mails as they are at this moment, and puts together those that are to be sent.

    ``quiet`` is how long an e-mail waits for more to tell.
    """

    def __init__(self, host: HostSchema, base_url: str, quiet: timedelta, links: UnsubscribeLinks) -> None:
        self._host = host
        self._composer = Composer(base_url, links)
        self._longest_wait = 2 * quiet

    async def judge(
        self, connection: AsyncConnection, ids: Sequence[UUID], now: datetime
    ) -> Mapping[UUID, Verdict[Letter]]:
        """What is to be done with each of these e-mails; ``now`` is the database's clock."""
        emails = await queries.due_emails(connection, ids)
        contents = await queries.due_contents(connection, self._host, ids, now, SHOWN)
        verdicts: dict[UUID, Verdict[Letter]] = {}
        for email in emails:
            verdicts[email.id] = self._verdict(email, contents.get(email.id, Contents()), now)
            # Putting many together takes a while: requests are not to wait for all of them.
            await asyncio.sleep(0)
        return verdicts

    def _verdict(self, email: DueEmail, contents: Contents, now: datetime) -> Verdict[Letter]:
        if reason := _against_all(email):
            return Never(reason)
        if not contents.latest:
            reasons = [reason.value for reason in Against if reason in contents.against]
            nothing_left = f"Nothing left to tell: {', '.join(reasons) or 'it was taken back'}."
            return TooLate(nothing_left) if Against.TOO_OLD in contents.against else Never(nothing_left)
        wait_until = self._wait_until(email, now)
        if wait_until > now:
            return Later(wait_until)
        try:
            letter = self._composer.compose(email, contents)
        except Exception as error:
            # What it says may hold what people wrote: the place will do to find the fault.
            fault = f"{type(error).__name__} in {place_of(error)}"
            log.error("email_not_composed", email=str(email.id), error=fault)
            return Unfit(f"It could not be put together: {fault}")
        return Send(letter, address=letter.to)

    def _wait_until(self, email: DueEmail, now: datetime) -> datetime:
        times = times_of(email.digest, email.time_zone, email.quiet_from, email.quiet_to)
        may_come = times.may_come(email.created_at, now)
        is_online = email.visible_until is not None and email.visible_until > now
        # Who is looking at the portal may read it there; but an open page is not a person.
        return max(may_come, email.created_at + self._longest_wait) if is_online else may_come


def _against_all(email: DueEmail) -> str | None:
    """Why its recipient gets no e-mail at all, or None."""
    if email.address is None:
        return "The recipient has no account."
    if not email.is_active:
        return "The account is switched off."
    if not email.is_wanted:
        return "E-mail is switched off."
    if email.is_suppressed:
        return "The address takes no mail: it was returned before."
    return None
