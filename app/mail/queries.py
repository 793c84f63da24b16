"""All SQL of suppressed addresses."""

from collections.abc import Mapping

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.mail.models import Suppression


async def suppress(connection: AsyncConnection, reasons: Mapping[str, str]) -> None:
    """Puts down that these addresses take no mail, and why; what was put down before stays."""
    for address, reason in sorted(reasons.items()):
        statement = insert(Suppression).values(address=func.lower(address), reason=reason)
        await connection.execute(statement.on_conflict_do_nothing())
