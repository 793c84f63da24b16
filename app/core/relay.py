"""The mail server that the settings name, and who mail comes from."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.policy import default as modern
from enum import StrEnum
from ipaddress import ip_address
from typing import Self, TypeVar
from urllib.parse import SplitResult, unquote_to_bytes, urlsplit

Value = TypeVar("Value")

_FORMS = (
    "smtps://user:password@mail.example.com:465, smtp+starttls://user:password@mail.example.com:587"
    " or smtp://127.0.0.1:25"
)
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


class Encryption(StrEnum):
    """How the connection is encrypted; never tried, and then not."""

    NONE = "smtp"
    STARTTLS = "smtp+starttls"
    TLS = "smtps"


_PORTS = {Encryption.NONE: 25, Encryption.STARTTLS: 587, Encryption.TLS: 465}


@dataclass(frozen=True, slots=True)
class Relay:
    """A mail server that takes our mail, and how it lets us in."""

    host: str
    port: int
    encryption: Encryption
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, url: str) -> Self:
        """Reads ``smtp://``, ``smtp+starttls://`` or ``smtps://``, the user and password percent-encoded.

        Raises ``ValueError`` that says what is wrong, and nothing of the password.
        """
        parts = _quietly(lambda: urlsplit(url), f"must be such as {_FORMS}")
        if not url.isascii() or not url.isprintable() or " " in url:
            raise ValueError("holds spaces or characters that are to be percent-encoded")
        if parts.scheme not in list(Encryption):
            raise ValueError(f"must be such as {_FORMS}")
        encryption = Encryption(parts.scheme)
        port = _port(parts)
        if parts.path.strip("/") or parts.query or parts.fragment:
            raise ValueError("must end after host and port; / ? # in a password are to be percent-encoded")
        if not parts.hostname:
            raise ValueError("the host is missing")
        relay = cls(
            parts.hostname, port or _PORTS[encryption], encryption, _decoded(parts.username), _decoded(parts.password)
        )
        relay._check_login()
        return relay

    @property
    def is_encrypted(self) -> bool:
        return self.encryption is not Encryption.NONE

    def _check_login(self) -> None:
        if self.password is not None and not self.user:
            raise ValueError("has a password without a user")
        if self.user is not None and not self.password:
            raise ValueError("has a user without a password")
        if self.user and not self.is_encrypted and not _is_loopback(self.host):
            raise ValueError("would send the password in clear: use smtp+starttls:// (port 587) or smtps:// (port 465)")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address in ASCII, and the name shown with it."""

    name: str
    address: str

    @classmethod
    def of(cls, text: str) -> Self:
        """Reads ``Name <address>`` or ``address``; raises ``ValueError`` that says what is wrong.

        A domain beyond ASCII is put as name servers know it.
        """
        fault = "must be one address, such as Client Portal <no-reply@example.com>; a name with , or : in quotes"
        if not text.isprintable():
            raise ValueError(fault)
        header = _quietly(lambda: modern.header_factory("From", text), fault)
        addresses: tuple[Address, ...] = getattr(header, "addresses", ())
        if len(addresses) != 1 or header.defects:
            raise ValueError(fault)
        address = addresses[0]
        name_there, _, domain = address.addr_spec.rpartition("@")
        if not name_there or not domain or not name_there.isascii():
            raise ValueError(fault)
        return cls(address.display_name, f"{name_there}@{domain_of(domain)}")

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]

    @property
    def is_of_the_internet(self) -> bool:
        """Whether mail servers elsewhere can look its domain up: no IP address, nor a name of one network."""
        return "." in self.domain and not self.domain.startswith("[")


def domain_of(host: str) -> str:
    """The host as it stands in an address: in ASCII, an IP address in brackets."""
    try:
        address = ip_address(host)
    except ValueError:
        return host if host.isascii() else _quietly(lambda: host.encode("idna").decode(), f"{host} is no host")
    return f"[{address}]" if address.version == 4 else f"[IPv6:{address}]"


def _port(parts: SplitResult) -> int | None:
    try:
        port = parts.port
    except ValueError:
        is_number = parts.netloc.rpartition(":")[2].isdecimal()
        if not is_number:
            raise ValueError("the port is no number; / ? # in a password are to be percent-encoded") from None
        port = 0
    if port == 0:
        raise ValueError("the port must be 1 to 65535")
    return port


def _decoded(part: str | None) -> str | None:
    if part is None:
        return None
    if _BAD_ESCAPE.search(part):
        raise ValueError("% in a user or password is to be written as %25")
    decoded = _quietly(lambda: unquote_to_bytes(part).decode(), "the user and password must be UTF-8")
    if "\0" in decoded:
        raise ValueError("the user and password may not hold NUL")
    return decoded


def _quietly(read: Callable[[], Value], fault: str) -> Value:
    """What is read, or a fault of our own words: theirs may quote what is secret."""
    try:
        return read()
    except (ValueError, IndexError, AttributeError):
        raise ValueError(fault) from None


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
