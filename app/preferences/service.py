"""How a person wants to be told: read, and changed."""

from collections.abc import Mapping

from sqlalchemy.exc import IntegrityError

from app.core.database import Database, Transaction
from app.core.errors import Invalid
from app.core.types import HostId
from app.preferences import queries
from app.preferences.queries import StoredSettings


class PreferenceService:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def settings(self, user_id: HostId) -> StoredSettings:
        async with self._database.reading() as connection:
            return await queries.settings(connection, user_id)

    async def change_settings(
        self, transaction: Transaction, user_id: HostId, changes: Mapping[str, bool]
    ) -> StoredSettings:
        """Sets the given ones; answers all of them as they are then. Raises ``Invalid`` for an unknown person."""
        try:
            await queries.change_settings(transaction.connection, user_id, changes)
        except IntegrityError:
            raise Invalid("There is no such user in public.users.") from None
        return await queries.settings(transaction.connection, user_id)
