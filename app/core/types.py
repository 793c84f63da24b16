"""Types shared by tables and the wire."""

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


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be blank")
    return text


STORABLE = AfterValidator(_storable)
"""Of a string that Postgres can store. Stands behind the limits of length, whose messages then speak of characters."""

NOT_BLANK = AfterValidator(_not_blank)

Title = Annotated[str, StringConstraints(max_length=200), STORABLE, NOT_BLANK]
Body = Annotated[str, StringConstraints(max_length=2000), STORABLE, NOT_BLANK]
