"""What a mail server's reply means for the e-mail that it answers (RFC 5321, RFC 3463)."""

import re
from enum import StrEnum

from app.mail.letter import Letter
from app.mail.message import one_line
from app.outbox.courier import Fault, Refused, TryLater, Unreachable

_LONGEST = 500
_ENHANCED = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})\b")

# The service is closing, or wants a sign-in or TLS first: so it is for every e-mail.
_OF_THE_SERVICE = {421, 530, 534, 535, 538}
# x.1.7 and x.1.8: the sender's address is not taken.
_OF_THE_SENDER = {(1, 7), (1, 8)}
# Bad mailbox, bad system, bad syntax, moved without a new address, a domain that takes no mail.
_OF_THE_RECIPIENT = {(1, 1), (1, 2), (1, 3), (1, 6), (1, 10)}
_NO_SUCH_MAILBOX = {550, 551, 553}


class Step(StrEnum):
    """How far the talk with the server had come."""

    CONNECTION = "connection"
    SENDER = "MAIL"
    RECIPIENT = "RCPT"
    MESSAGE = "DATA"

    @property
    def is_same_for_all(self) -> bool:
        """Whether nothing was said yet that differs from one e-mail to the next."""
        return self in {Step.CONNECTION, Step.SENDER}


class Bounced(Refused):
    """The server says that this address takes no mail for good."""

    def __init__(self, letter: Letter, text: str) -> None:
        super().__init__(text)
        self.address = letter.to


def fault_of(step: Step, code: int, text: str, letter: Letter) -> Fault:
    """The fault that a reply other than the wanted one is."""
    said = f"{step}: {code} {one_line(text)}"[:_LONGEST]
    detail = _detail(code, text)
    if step.is_same_for_all or code in _OF_THE_SERVICE or detail in _OF_THE_SENDER:
        return Unreachable(said)
    if 400 <= code < 500:
        return TryLater(said)
    if not 500 <= code < 600:
        return Unreachable(said)
    if step is Step.RECIPIENT and (detail in _OF_THE_RECIPIENT or (detail is None and code in _NO_SUCH_MAILBOX)):
        return Bounced(letter, said)
    return Refused(said)


def _detail(code: int, text: str) -> tuple[int, int] | None:
    """Subject and detail of the enhanced code, if there is one that agrees with the code."""
    found = _ENHANCED.match(text)
    return (int(found[2]), int(found[3])) if found and found[1] == str(code)[0] else None
