"""An e-mail as it goes over the wire (RFC 5322), whatever names and titles hold.

Headers and parts are encoded by the standard library, but put together here: its own way takes four times as long, and
by its newer policies loses a space now and then where a subject changes between scripts.
"""

import re
from binascii import b2a_qp
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.header import Header
from email.utils import format_datetime, formataddr
from unicodedata import category

from app.core.relay import Mailbox, domain_of
from app.mail.letter import Letter
from app.outbox.courier import Refused

_LINE = 76
_FOLD = "\r\n"
_UTF8 = "utf-8"
_ENCODING = "Content-Transfer-Encoding: quoted-printable"
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
    """The letter as a message to one recipient; raises ``Refused`` when its address, or a header, is none.

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
    }
    if letter.unsubscribe_url is not None:
        headers["List-Unsubscribe"] = f"<{one_line(letter.unsubscribe_url)}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    headers |= {name: _text(name, value, _LONGEST_SUBJECT) for name, value in letter.headers.items()}
    return Message(sender.address, recipient, _head(headers) + _body(letter))


def one_line(text: str) -> str:
    """The text in one line, without what controls terminals and headers."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())  # nothing to look for, as mostly
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
    if _is_plain(text) and len(f"{header}: {text}") <= _LINE:
        return text
    return Header(text, "us-ascii" if _is_plain(text) else _UTF8, _LINE, header).encode(linesep=_FOLD)


def _is_plain(text: str) -> bool:
    """Whether it stands for itself: a reader would take ``=?`` for the begin of something encoded."""
    return text.isascii() and "=?" not in text


def _head(headers: Mapping[str, str]) -> bytes:
    """The lines of the headers; raises ``Refused`` if one of them would begin another one."""
    lines = [f"{name}: {value}\r\n" for name, value in headers.items()]
    if not all(_ONE_HEADER.fullmatch(line) for line in lines):
        raise Refused("one of its headers would begin another one")
    return "".join(lines).encode()


def _body(letter: Letter) -> bytes:
    """Text and HTML, of which programs show the last that they can.

    Quoted-printable keeps lines short and in ASCII, whatever they hold, and never holds ``=_`` (RFC 2045, 6.7).
    """
    boundary = f"=_{letter.id.hex}"
    lines = [f'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="{boundary}"\r\n\r\n'.encode()]
    for kind, text in (("plain", letter.text), ("html", letter.html)):
        head = f'--{boundary}\r\nContent-Type: text/{kind}; charset="utf-8"\r\n{_ENCODING}\r\n\r\n'
        lines += [head.encode(), _quoted(text)]
    return b"".join([*lines, f"--{boundary}--\r\n".encode()])


def _quoted(text: str) -> bytes:
    # The line end that comes before the boundary stands here: those of the encoding are as the first one that it finds.
    lines = _sound(text).replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")
    return b2a_qp(lines.encode() + b"\r\n")


def _sound(text: str) -> str:
    """Without halves of characters, which UTF-8 cannot hold."""
    return text.encode("utf-8", "replace").decode()
