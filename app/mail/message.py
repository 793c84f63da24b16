"""An e-mail as it goes over the wire (RFC 5322), whatever names and titles hold."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.charset import QP, Charset
from email.header import Header
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import format_datetime, formataddr
from typing import Any
from unicodedata import category

from app.core.relay import Mailbox, domain_of
from app.mail.letter import Letter
from app.outbox.courier import Refused

# The standard library's newer policies lose or add a space now and then where a subject changes between ASCII and other
# characters, and take four times as long. So headers are encoded one by one, and the body is of the older kind.
_POLICY = compat32.clone(linesep="\r\n")

# Quoted-printable keeps lines short and 7-bit, whatever they hold, and is legible in the source.
_UTF8 = Charset("utf-8")
_UTF8.body_encoding = QP

_LINE = 76
_FOLD = "\r\n"
_LONGEST_NAME = 100
_LONGEST_SUBJECT = 250
_ONE_HEADER = re.compile(r"[A-Za-z-]+: [^\r\n]*(\r\n [^\r\n]+)*\r\n")
_ADDRESS = re.compile(r"[^\s\x00-\x1f\x7f<>()\[\],;:\\\"@]{1,64}@[^\s\x00-\x1f\x7f<>()\[\],;:\\\"@]{1,255}")


@dataclass(frozen=True, slots=True)
class Message:
    """What a server is handed: the envelope's two addresses, and all that is in it."""

    sender: str
    recipient: str
    content: bytes

    @property
    def needs_utf8(self) -> bool:
        """Whether only servers with SMTPUTF8 (RFC 6531) can take it."""
        return not self.recipient.isascii()


def compose(letter: Letter, sender: Mailbox) -> Message:
    """The letter as a message to one recipient; raises ``Refused`` when its address is none.

    Its ``Message-ID`` is that of its row, whenever it is tried; all of one thread refer to the same one.
    """
    recipient = _recipient(letter.to)
    thread = f"<{letter.thread}@{sender.domain}>"
    headers = {
        "From": _mailbox("From", sender.name, sender.address),
        "To": _mailbox("To", letter.to_name, recipient),
        "Subject": _text("Subject", letter.subject, _LONGEST_SUBJECT),
        "Date": format_datetime(datetime.now(UTC)),
        "Message-ID": f"<{letter.id}@{sender.domain}>",
        "In-Reply-To": thread,
        "References": thread,
        "Auto-Submitted": "auto-generated",
        "List-Unsubscribe": f"<{one_line(letter.unsubscribe_url)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    headers |= {name: _text(name, value, _LONGEST_SUBJECT) for name, value in letter.headers.items()}
    message = MIMEMultipart("alternative", policy=_POLICY)
    message.attach(_part("plain", letter.text))
    message.attach(_part("html", letter.html))
    return Message(sender.address, recipient, _head(headers) + message.as_bytes())


def one_line(text: str) -> str:
    """The text in one line, without what controls terminals and headers."""
    kept = (each for each in _sound(text) if each.isspace() or category(each) != "Cc")
    return " ".join("".join(kept).split())


def _recipient(address: str) -> str:
    """The address as servers want it: the domain in ASCII."""
    if not _ADDRESS.fullmatch(address):
        raise Refused("this is no address that mail can be sent to")
    local, _, domain = address.rpartition("@")
    try:
        return f"{local}@{domain_of(domain)}"
    except ValueError:
        raise Refused("this is no address that mail can be sent to") from None


def _mailbox(header: str, name: str, address: str) -> str:
    """``Name <address>``, of which the name is nothing but text to whoever reads it."""
    name = one_line(name)[:_LONGEST_NAME].strip()
    if not name:
        return address
    if _is_plain(name) and address.isascii():
        return formataddr((name, address))
    return f"{Header(name, _UTF8, _LINE, header).encode(linesep=_FOLD)}{_FOLD} <{address}>"


def _text(header: str, text: str, longest: int) -> str:
    text = one_line(text)
    text = text if len(text) <= longest else f"{text[: longest - 1]}…"
    return Header(text, "us-ascii" if _is_plain(text) else _UTF8, _LINE, header).encode(linesep=_FOLD)


def _is_plain(text: str) -> bool:
    """Whether it stands for itself: a reader would take ``=?`` for the begin of something encoded."""
    return text.isascii() and "=?" not in text


def _part(kind: str, text: str) -> MIMEText:
    charset: Any = _UTF8  # the types want a name, by which it would become base64
    return MIMEText(_sound(text), kind, charset, policy=_POLICY)


def _head(headers: Mapping[str, str]) -> bytes:
    """The lines of the headers, none of which begins another one."""
    lines = [f"{name}: {value}\r\n" for name, value in headers.items()]
    assert all(_ONE_HEADER.fullmatch(line) for line in lines)
    return "".join(lines).encode()


def _sound(text: str) -> str:
    """Without halves of characters, which UTF-8 cannot hold."""
    return text.encode("utf-8", "replace").decode()
