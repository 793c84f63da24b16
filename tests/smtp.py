"""A real SMTP server that does as a test tells it, in a thread of its own: it answers however busy the test is."""

import asyncio
import socket
import ssl
import threading
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from enum import StrEnum
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import quote

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


class Step(StrEnum):
    """Where a server can do something else than what is expected of it."""

    GREETING = "greeting"
    EHLO = "EHLO"
    HELO = "HELO"
    STARTTLS = "STARTTLS"
    AUTH = "AUTH"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    BODY = "body"
    """Amid the message, of which it has read only a part."""
    END = "end"
    """After the whole message. It keeps the message, unless it answers that it refuses it."""
    RSET = "RSET"
    NOOP = "NOOP"
    QUIT = "QUIT"


class Act(StrEnum):
    DROP = "drop"
    """Lets the connection go, without a word."""
    HANG = "hang"
    """Says nothing, and keeps the connection."""


Encryption = Literal["none", "starttls", "tls"]

Behaviour = Act | str
"""An act, or an answer such as ``451 4.3.0 later``. After 421 the connection ends, as it does in the standard."""


@dataclass(frozen=True)
class Received:
    """A message that the server took."""

    sender: str
    recipients: list[str]
    content: bytes
    connection: int
    """The how-manieth connection it came by, from 1 on."""
    is_encrypted: bool
    login: str | None

    @cached_property
    def message(self) -> EmailMessage:
        message = message_from_bytes(self.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        return message

    @property
    def text(self) -> str:
        return self._part("plain")

    @property
    def html(self) -> str:
        return self._part("html")

    def _part(self, kind: Literal["plain", "html"]) -> str:
        part = self.message.get_body((kind,))
        assert part is not None
        content: str = part.get_content()
        return content


class Authority:
    """Issues certificates that nobody knows of, unless they are told by ``SMTP_CA_FILE``."""

    def __init__(self) -> None:
        self._ca = trustme.CA()

    def context(self, *names: str, **options: Any) -> ssl.SSLContext:
        """What a server needs to speak TLS by one of these names; options are those of trustme's ``issue_cert``."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._ca.issue_cert(*(names or ("127.0.0.1", "localhost")), **options).configure_cert(context)
        return context

    def write(self, folder: Path) -> Path:
        """The file for ``SMTP_CA_FILE``."""
        file = folder / "ca.pem"
        self._ca.cert_pem.write_to_path(str(file))
        return file


@dataclass
class SmtpServer:
    """Listens on 127.0.0.1 while it is entered; what it does is changed at any time, from any thread.

    ``users`` are names and passwords: where there are some, whoever is none of them may not send.
    """

    encryption: Encryption = "none"
    tls: ssl.SSLContext | None = None
    users: dict[str, str] = field(default_factory=dict)
    smtputf8: bool = False
    received: list[Received] = field(default_factory=list)
    commands: list[tuple[int, str]] = field(default_factory=list)
    """Each command's connection and name, in the order they came."""
    refusals: dict[str, Behaviour] = field(default_factory=dict)
    """How it behaves at RCPT for an address, always."""
    connections: int = 0

    def __post_init__(self) -> None:
        self._next: dict[Step, deque[Behaviour]] = defaultdict(deque)
        self._always: dict[Step, Behaviour] = {}
        self._open: set[_Session] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="smtp server", daemon=True)
        self._server: asyncio.Server | None = None
        self._place = _bound(0)  # keeps the port while the server is down
        self.port: int = self._place.getsockname()[1]

    def once(self, step: Step, *behaviours: Behaviour) -> None:
        """Behaves so the next times that it gets there, then as expected again."""
        self._next[step].extend(behaviours)

    def always(self, step: Step, behaviour: Behaviour) -> None:
        self._always[step] = behaviour

    def forgive(self) -> None:
        """Behaves as expected from now on."""
        self._next.clear()
        self._always.clear()
        self.refusals.clear()

    def url(self, user: str | None = None, password: str | None = None, host: str = "127.0.0.1") -> str:
        """The ``SMTP_URL`` of this server."""
        scheme = {"none": "smtp", "starttls": "smtp+starttls", "tls": "smtps"}[self.encryption]
        login = f"{quote(user, safe='')}:{quote(password or '', safe='')}@" if user is not None else ""
        return f"{scheme}://{login}{host}:{self.port}"

    def of(self, address: str) -> list[Received]:
        """What came for this address."""
        return [each for each in list(self.received) if address in each.recipients]

    @property
    def is_held(self) -> bool:
        """Whether anybody has a connection to it."""
        return bool(self._open)

    def up(self) -> None:
        """Listens again, on the same port."""
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(20)

    def down(self) -> None:
        """Refuses connections, and drops those that there are."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(20)

    def drop_all(self) -> None:
        """Lets the open connections go, as servers do with those that are idle for long."""
        asyncio.run_coroutine_threadsafe(self._drop_all(), self._loop).result(20)

    def __enter__(self) -> Self:
        self._thread.start()
        self.up()
        return self

    def __exit__(self, *_: object) -> None:
        self.down()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(20)
        self._loop.close()
        self._place.close()

    async def _listen(self) -> None:
        tls = self.tls if self.encryption == "tls" else None
        self._server = await self._loop.create_server(lambda: _Session(self), sock=_bound(self.port), ssl=tls)

    async def _end(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        await self._drop_all()

    async def _drop_all(self) -> None:
        sessions = list(self._open)
        tasks = [task for session in sessions if (task := session.drop()) is not None]
        await asyncio.gather(*tasks, return_exceptions=True)

    def _behaviour(self, step: Step) -> Behaviour | None:
        with suppress(IndexError):
            return self._next[step].popleft()
        return self._always.get(step)


class _Session(SMTP):
    """One connection."""

    def __init__(self, owner: SmtpServer) -> None:
        super().__init__(
            self,
            data_size_limit=None,
            enable_SMTPUTF8=owner.smtputf8,
            hostname="mail.test",
            tls_context=owner.tls if owner.encryption == "starttls" else None,
            auth_required=False,
            auth_require_tls=owner.encryption == "starttls",
            auth_exclude_mechanism=() if owner.users else ("PLAIN", "LOGIN"),
            authenticator=self._knows,
            loop=owner._loop,
        )
        self._auth_required = bool(owner.users)
        self._owner = owner
        self._number = 0
        commands = [step for step in Step if step.value in self._smtp_methods]
        self._smtp_methods.update({step: partial(self._plays, step, self._smtp_methods[step]) for step in commands})

    def drop(self) -> "asyncio.Task[None] | None":
        """Lets the connection go; answers what is still to end."""
        self._owner._open.discard(self)
        transport = self._original_transport or self.transport
        if transport is not None:
            transport.abort()  # type: ignore[attr-defined]
        if self._handler_coroutine is not None:
            self._handler_coroutine.cancel()
        return self._handler_coroutine

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not self._number:
            self._owner.connections += 1
            self._number = self._owner.connections
            self._owner._open.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._owner._open.discard(self)
        super().connection_lost(error)

    async def _handle_client(self) -> None:
        try:
            if not await self._behaves(Step.GREETING):
                await super()._handle_client()
        except (ConnectionError, asyncio.CancelledError):
            pass  # its caller has gone, or we have
        finally:
            if self.transport is not None:
                self.transport.close()

    async def _behaves(self, step: Step, behaviour: Behaviour | None = None) -> bool:
        """Behaves as it was told to at this step, if it was told anything."""
        behaviour = behaviour or self._owner._behaviour(step)
        match behaviour:
            case None:
                return False
            case Act.DROP:
                self.drop()
                await asyncio.sleep(0)  # where it ends
            case Act.HANG:
                await asyncio.Event().wait()
            case answer:
                await self.push(answer)
                if step == Step.GREETING or answer.startswith("421"):
                    assert self.transport is not None
                    self.transport.close()
        return True

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        behaviour = self._owner._behaviour(Step.END)
        if behaviour is None or isinstance(behaviour, Act):
            login = session.auth_data.login.decode() if session.auth_data else None
            is_encrypted = self._owner.encryption == "tls" or self._tls_protocol is not None
            self._owner.received.append(
                Received(envelope.mail_from, envelope.rcpt_tos, envelope.content, self._number, is_encrypted, login)
            )
        if behaviour is None:
            return f"250 2.0.0 taken as {len(self._owner.received)}"
        if isinstance(behaviour, Act):
            await self._behaves(Step.END, behaviour)
            await asyncio.Event().wait()
        return str(behaviour)

    async def _plays(self, step: Step, method: Callable[[str | None], Awaitable[None]], arg: str | None) -> None:
        """A command: as it was told to, or as aiosmtpd does it."""
        self._owner.commands.append((self._number, step.value))
        if await self._behaves(step):
            return
        if step is Step.RCPT:
            address = (arg or "").partition("<")[2].partition(">")[0]
            refusal = self._owner.refusals.get(address)
            if refusal is not None and await self._behaves(step, refusal):
                return
        if step is Step.DATA and (behaviour := self._owner._behaviour(Step.BODY)) is not None:
            await self.push("354 go on")
            await self._reader.readuntil(b"\r\n")
            await self._behaves(Step.BODY, behaviour)
            return
        await method(arg)

    def _knows(self, server: Any, session: Any, envelope: Any, mechanism: str, login: LoginPassword) -> AuthResult:
        expected = self._owner.users.get(login.login.decode())
        is_known = expected is not None and expected == login.password.decode()
        return AuthResult(success=is_known, handled=False, auth_data=login)


def _bound(port: int) -> socket.socket:
    """A socket bound to this port, or to any that is free; several may be, of which one listens."""
    place = socket.socket()
    place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    place.bind(("127.0.0.1", port))
    return place
