"""What a mail server's reply means for the e-mail that it answers (RFC 5321, RFC 3463)."""

import re
from enum import StrEnum

from app.mail.letter import Letter
from app.mail.message import one_line
from app.outbox.courier import Fault, NotConnected, NotSignedIn, Refused, TryLater, Unreachable

_LONGEST = 500
_LONGEST_READ = 2000

# Anywhere: servers put it first, last, in brackets or after a "#". No address of the internet is one.
_ENHANCED = re.compile(r"(?<![\w.])([245])\.(\d{1,3})\.(\d{1,3})(?!\.?\w)")

# The service is closing, or wants a sign-in or TLS first: so it is for every e-mail.
_OF_THE_SERVICE = {421, 530, 534, 535, 538}
_OF_CREDENTIALS = {534, 535}
# x.1.7 and x.1.8: the sender's address is not taken; x.2.252 and x.7.60, of Exchange: we may not send as this one.
_OF_THE_SENDER = {(1, 7), (1, 8), (2, 252), (7, 60)}
# So say Exchange and SES after the message, with or without a code; of content it is never said.
_MAY_NOT_SEND = re.compile(
    r"SendAsDenied|\bsend as this sender\b|(?<!recipient )\baddress is not verified\b", re.IGNORECASE
)
# Most servers judge the sender when the recipient is named, in words of their own; later they may be of the content.
_OF_WHO_SENDS = re.compile(r"\b(sender|relay\w*|rcpthosts|authenticat\w+)\b", re.IGNORECASE)
# Bad mailbox, bad system, bad syntax, moved without a new address, a domain that takes no mail.
_OF_THE_RECIPIENT = {(1, 1), (1, 2), (1, 3), (1, 6), (1, 10)}

# What servers say of an address where they give no enhanced code.
_NOBODY = r"(user|recipient|mailbox|account|address|addressee|person)"
_IS_UNKNOWN = re.compile(
    rf"\b(no such|unknown|invalid|non-?existent|unrouteable) (local )?(e-?mail )?{_NOBODY}\b"
    rf"|\b{_NOBODY} (name |address )?((is|was) )?(unknown|not known|not found|no longer exists)\b"
    rf"|\b{_NOBODY} (that you tried to reach )?does( not|n.t) exist\b"
    rf"|\b(recipient|address) rejected: unknown\b"
    rf"|\bnot a valid {_NOBODY}\b"
    r"|\bno mailbox (here )?by that name\b",
    re.IGNORECASE,
)
# They are said of the sender, of what it may or of what there is room for too.
_OF_SOMETHING_ELSE = re.compile(
    r"\b(sender|relay\w*|rcpthosts|authenticat\w+|quota|full|blocked|(black|block|deny) ?list\w*|spam\w*|policy"
    r"|reputation|(dns|r)bls?|ip|helo|ehlo|client)\b",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"<[^<>]*>|\S+@\S+")


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
    heard = text[:_LONGEST_READ]
    detail = _detail(code, heard)
    if step is Step.CONNECTION:
        return NotSignedIn(said) if code in _OF_CREDENTIALS else NotConnected(said)
    if step.is_same_for_all or code in _OF_THE_SERVICE or _is_of_the_sender(step, detail, heard):
        return Unreachable(said)
    if 400 <= code < 500:
        return TryLater(said)
    if not 500 <= code < 600:
        return Unreachable(said)
    if step is Step.RECIPIENT and (detail in _OF_THE_RECIPIENT if detail else _says_unknown(heard)):
        return Bounced(letter, said)
    return Refused(said)


def _detail(code: int, text: str) -> tuple[int, int] | None:
    """Subject and detail of the enhanced code, if there is one; (0, 0), which says nothing, if it is at odds."""
    found = list(_ENHANCED.finditer(text))
    if not found:
        return None
    agreeing = (each for each in found if each[1] == str(code)[0])
    return next(((int(each[2]), int(each[3])) for each in agreeing), (0, 0))


def _is_of_the_sender(step: Step, detail: tuple[int, int] | None, text: str) -> bool:
    """Whether it is said of us: then it is so for every e-mail, or if not, the next one shows it."""
    if detail in _OF_THE_SENDER:
        return True
    if detail in _OF_THE_RECIPIENT:
        return False
    words = _without_addresses(text)
    return bool(_MAY_NOT_SEND.search(words) or (step is Step.RECIPIENT and _OF_WHO_SENDS.search(words)))


def _without_addresses(text: str) -> str:
    return one_line(_ADDRESS.sub(" ", text))


def _says_unknown(text: str) -> bool:
    """Whether these words, without addresses in them, are about an address that is not there, and nothing else."""
    words = _without_addresses(text)
    return bool(_IS_UNKNOWN.search(words)) and not _OF_SOMETHING_ELSE.search(words)
