"""Types shared by tables and the wire."""

import re
import unicodedata
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, StringConstraints
from sqlalchemy import DateTime, Uuid
from sqlalchemy.types import TypeEngine

# The host's key type, declared once: a host with integer keys is a change of these two lines and of the migrations.
HostId = UUID
HOST_ID: TypeEngine[UUID] = Uuid()

TIMESTAMP = DateTime(timezone=True)


def _storable(text: str) -> str:
    if "\x00" in text:
        raise ValueError("must not contain NUL characters")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("must not contain lone surrogates") from None
    return text


def is_blank(text: str) -> bool:
    """Whether nobody would see anything of it: only spaces, and what has no shape, such as U+200B."""
    return all(unicodedata.category(character)[0] in "CZ" for character in text)


def _not_blank(text: str) -> str:
    if is_blank(text):
        raise ValueError("must not be blank")
    return text


def _plain(text: str) -> str:
    if any(unicodedata.category(character) == "Cc" and character not in "\t\n\r" for character in text):
        raise ValueError("must not contain control characters")
    return text


def _one_line(text: str) -> str:
    for character in text:
        if unicodedata.category(character) in _BREAKS or unicodedata.bidirectional(character) in _DIRECTIONS:
            raise ValueError("must be one line, without characters that change its direction")
    return " ".join(text.split())


_ADDRESS = re.compile(r"\S@\S")


def holds_address(text: str) -> bool:
    """Whether an e-mail address may be in it."""
    return _ADDRESS.search(text) is not None


def _no_address(text: str) -> str:
    if holds_address(text):
        raise ValueError("must not contain an e-mail address, for others read it")
    return text


_BREAKS = frozenset({"Cc", "Zl", "Zp"})
_DIRECTIONS = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})


STORABLE = AfterValidator(_storable)
"""Of a string that Postgres can store. Stands behind the limits of length, whose messages then speak of characters."""

NOT_BLANK = AfterValidator(_not_blank)

PLAIN = AfterValidator(_plain)
"""Of a text of several lines: no control characters but tabs and line ends."""

ONE_LINE = AfterValidator(_one_line)
"""Of a name: what follows it in a sentence keeps its place; blanks within become single spaces."""

NO_ADDRESS = AfterValidator(_no_address)
"""Of a name that is shown to people who are not to know the person's address."""

Title = Annotated[str, StringConstraints(max_length=200), STORABLE, NOT_BLANK]
Body = Annotated[str, StringConstraints(max_length=2000), STORABLE, NOT_BLANK]
