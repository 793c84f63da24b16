"""What routers share."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request

from app.core.database import Database, Transaction


async def _transaction(request: Request) -> AsyncIterator[Transaction]:
    database: Database = request.app.state.database
    async with database.transaction() as transaction:
        yield transaction


# Scope "function": the commit comes before the answer goes out, so a failed one is never a 204 that lost its write.
InTransaction = Annotated[Transaction, Depends(_transaction, scope="function")]
"""The one transaction of a route that writes."""
