"""What routers share."""

from typing import Annotated

from fastapi import Depends, Request

from app.core.database import Database


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
