"""The way out by a mail server: one connection, used again for as long as it is."""

import asyncio
import ssl
from contextlib import suppress
from pathlib import Path
from typing import cast

import aiosmtplib

from app.core.relay import Encryption, Mailbox, Relay
from app.mail.letter import Letter
from app.mail.message import Message, compose
from app.mail.replies import Step, fault_of
from app.outbox.courier import NotConnected, Refused, TryLater

LIMIT = 60.0
"""How long one e-mail may take, in seconds, a new connection included."""

FAREWELL = 2.0
"""How long the server may take to end a transaction, or the connection, in seconds."""

_FAULTS = (aiosmtplib.SMTPException, OSError, ValueError)


def trust(ca_file: Path | None) -> ssl.SSLContext:
    """What certificates are trusted: those of the system's authorities, and of these."""
    context = ssl.create_default_context()
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    return context


class SmtpLane:
    """Hands over one e-mail at a time; over TLS, unless the relay is one of ``smtp://``.

    What fails before the recipient is named would fail for every e-mail: it is ``Unreachable``, and ``NotConnected``
    while the server has not taken the sender. What fails later may be this one's doing.
    """

    def __init__(
        self,
        relay: Relay,
        sender: Mailbox,
        tls: ssl.SSLContext | None = None,
        *,
        limit: float = LIMIT,
        farewell: float = FAREWELL,
    ) -> None:
        self._relay = relay
        self._sender = sender
        self._tls = tls
        self._limit = limit
        self._farewell = farewell
        self._client: aiosmtplib.SMTP | None = None
        self.may_have_arrived = False

    async def deliver(self, letter: Letter) -> None:
        message = compose(letter, self._sender)
        encoding = "utf-8" if message.needs_utf8 else "ascii"
        step = Step.CONNECTION
        self.may_have_arrived = False
        try:
            async with asyncio.timeout(self._limit):
                client = await self._begun(message)
                step = Step.RECIPIENT
                await client.rcpt(message.recipient, encoding=encoding)
                step = Step.MESSAGE
                self.may_have_arrived = True
                await client.data(message.content)
        except aiosmtplib.SMTPResponseException as error:
            step = Step.SENDER if isinstance(error, aiosmtplib.SMTPSenderRefused) else step
            await self._reset(step)
            raise fault_of(step, error.code, error.message, letter) from None
        except _FAULTS as error:
            self._drop()
            raise (NotConnected if step.is_same_for_all else TryLater)(self._told(step, error)) from None
        except asyncio.CancelledError:
            self._drop()
            raise

    async def close(self) -> None:
        try:
            if self._client is not None:
                async with asyncio.timeout(self._farewell):
                    await self._client.quit()
        except _FAULTS:
            pass
        finally:
            self._drop()

    async def _begun(self, message: Message) -> aiosmtplib.SMTP:
        """A connection by which the server was told of the sender: the one there is, or a new one."""
        if self._client is not None:
            try:
                await _tell_sender(self._client, message, self._limit / 6)
            except _FAULTS:
                # Servers end connections that rested, or that were used often enough.
                self._drop()
            else:
                return self._client
        self._client = client = self._new_client()
        await client.connect()
        if client.is_ehlo_or_helo_needed:
            with suppress(aiosmtplib.SMTPHeloError):  # an old server is greeted in the old way
                await client.ehlo()
        await _tell_sender(client, message, self._limit)
        return client

    def _new_client(self) -> aiosmtplib.SMTP:
        relay = self._relay
        return aiosmtplib.SMTP(
            hostname=relay.host,
            port=relay.port,
            username=relay.user,
            password=relay.password,
            local_hostname=self._sender.domain,
            use_tls=relay.encryption is Encryption.TLS,
            # Not None, by which it would go on in clear where the server offers no TLS.
            start_tls=relay.encryption is Encryption.STARTTLS,
            tls_context=self._tls,
            timeout=self._limit,
        )

    async def _reset(self, step: Step) -> None:
        """Makes the connection fit for the next one, or lets it go."""
        if step.is_same_for_all:
            self._drop()
        try:
            if self._client is not None:
                async with asyncio.timeout(self._farewell):
                    await self._client.rset()
        except _FAULTS:
            self._drop()

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            if client.transport is not None:
                # Closing alone waits for ever where the other end does not read what was sent to it.
                cast(asyncio.WriteTransport, client.transport).abort()
            client.close()

    def _told(self, step: Step, error: Exception) -> str:
        said = str(error) or f"no answer within {self._limit:g} s"
        return f"{step}: {said}"


async def _tell_sender(client: aiosmtplib.SMTP, message: Message, limit: float) -> None:
    if not message.needs_utf8:
        await client.mail(message.sender, timeout=limit)
    elif client.supports_extension("smtputf8"):
        await client.mail(message.sender, options=["SMTPUTF8"], encoding="utf-8", timeout=limit)
    else:
        raise Refused("the mail server takes no address with characters beyond ASCII before the @")
