"""One transaction outside the application, as commands need it; open bells hear of it like of any other."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from sqlalchemy.exc import SQLAlchemyError

from app.core import migrations
from app.core.connect import one_line
from app.core.database import Database, Transaction
from app.core.errors import StartupError
from app.realtime.broker import PostgresBroker


@asynccontextmanager
async def one_transaction(url: str) -> AsyncIterator[Transaction]:
    """Commits at the end of the block; raises ``StartupError`` when the database is not fit for it."""
    if not await migrations.is_current(url):
        raise StartupError("The schema client_portal is not up to date: run `portal migrate` first")
    database = Database(url, pool_size=1)
    database.carrier = PostgresBroker(url).carry
    try:
        async with database.transaction() as transaction:
            yield transaction
    except (SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        raise StartupError(f"Nothing was written: {one_line(getattr(error, 'orig', None) or error)}") from error
    finally:
        await database.close()
