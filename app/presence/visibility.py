"""Who has a page of the portal before them, as their browsers say again and again."""

from datetime import timedelta

from app.core.database import Transaction
from app.core.types import HostId
from app.presence import queries

LASTING = timedelta(seconds=60)
"""How long it holds what a browser has said; they say it every 45 s."""


async def show(transaction: Transaction, user_id: HostId) -> None:
    """A page of this person's is visible: what comes in now, they see."""
    await queries.see(transaction.connection, user_id, LASTING)


async def hide(transaction: Transaction, user_id: HostId) -> None:
    """A page of theirs is hidden; if another one is visible still, it says so before long."""
    await queries.hide(transaction.connection, user_id)
