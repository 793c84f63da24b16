"""What routers share."""

import re
from typing import Annotated

from fastapi import Depends, Header, Request

from app.core.database import Database
from app.core.errors import Invalid


def address_of(request: Request) -> str:
    """The network address that a request came from; empty where there is none."""
    return request.client.host if request.client else ""


async def _database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


InDatabase = Annotated[Database, Depends(_database)]
"""The database, for the one transaction of a route that writes.

The route ends it before it answers, so a failed commit is never a 204 that lost its write. A dependency that yields it
would do the same with ``scope="function"``, at a fifth of the cost of the whole request.
"""


def etag(version: int) -> str:
    """The ``ETag`` of a thing that counts its changes."""
    return f'"{version}"'


_VERSION = re.compile(r'(?:W/)?"(\d{1,18})"', re.ASCII)
"""As ``etag`` writes it; a proxy that compresses answers makes it a weak one."""


async def _if_match(if_match: Annotated[str | None, Header(max_length=100)] = None) -> int | None:
    if if_match is None or if_match.strip() == "*":
        return None
    found = _VERSION.fullmatch(if_match.strip())
    if found is None:
        raise Invalid(
            "If-Match must be one ETag that was answered here, or *.",
            errors=[{"loc": ["header", "if-match"], "msg": "Not an ETag of this thing", "type": "etag"}],
        )
    return int(found[1])


IfMatch = Annotated[int | None, Depends(_if_match)]
"""The version that the caller has seen, by ``If-Match``; None when the change is meant for whatever is there."""
