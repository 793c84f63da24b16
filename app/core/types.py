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


Text = Annotated[str, AfterValidator(_storable)]
"""A string that Postgres can store."""

Title = Annotated[Text, StringConstraints(min_length=1, max_length=200)]
Body = Annotated[Text, StringConstraints(min_length=1, max_length=2000)]
