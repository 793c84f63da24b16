"""By which way e-mail leaves, with these settings."""

import ssl
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.relay import Mailbox, Relay
from app.mail import queries
from app.mail.folder import FolderLane
from app.mail.letter import Letter
from app.mail.replies import Bounced
from app.mail.smtp import SmtpLane, trust
from app.outbox.courier import Lane, Refused
from app.settings import Settings


class Outgoing:
    """To a mail server; in development, where none is named, into a folder; in production then not at all.

    Nor in production without PUBLIC_URL: every link would lead to the reader's own machine.
    """

    def __init__(self, settings: Settings) -> None:
        self._sender: Mailbox = settings.sender
        self.lacking: str | None = settings.lacking_for_mail
        """The variable without which e-mail is off; None where it is on."""
        self._relay: Relay | None = settings.relay
        self._tls: ssl.SSLContext | None = None
        if self._relay is not None and self._relay.is_encrypted:
            self._tls = trust(settings.smtp_ca_file)
        self._folder: Path | None = settings.kept_mail
        self._is_others = not settings.mail_worker

    @property
    def is_on(self) -> bool:
        """Whether e-mails are delivered at all; otherwise they wait until they are."""
        return self.lacking is None

    @property
    def said(self) -> str:
        """One line for operators: by which way, and by whom, if not by the processes that serve."""
        if self.lacking is not None:
            return f"off: {self.lacking} is not set"
        way = "files" if self._relay is None else "smtp"
        return f"{way}, by portal worker" if self._is_others else way

    def lane(self) -> Lane[Letter]:
        """A way out of its own for whoever delivers."""
        assert self.is_on, "there is no way out"
        if self._relay is not None:
            return SmtpLane(self._relay, self._sender, self._tls)
        assert self._folder is not None
        return FolderLane(self._folder, self._sender)

    async def refused(self, connection: AsyncConnection, refusals: Sequence[tuple[Letter, Refused]]) -> None:
        """Suppresses the addresses that take no mail for good."""
        bounced = {fault.address: str(fault) for _, fault in refusals if isinstance(fault, Bounced)}
        await queries.suppress(connection, bounced)
