"""Which browsers a person wants to be told in by push."""

import asyncio

from sqlalchemy.exc import IntegrityError

from app.core.database import Database, Transaction
from app.core.errors import Conflict, Invalid
from app.core.types import HostId
from app.preferences.push_schemas import NewSubscription
from app.push import queries
from app.push.addresses import NotReachable, PushNetwork, place_of
from app.push.vapid import VapidKeys

_MOST = 20
_SECONDS = 5


class SubscriptionService:
    """``keys`` is None where push is not set up."""

    def __init__(self, database: Database, keys: VapidKeys | None, network: PushNetwork) -> None:
        self._database = database
        self._network = network
        self.public_key = keys.public_key if keys is not None else None

    async def is_new(self, user_id: HostId, subscription: NewSubscription) -> bool:
        """Whether the person was not told in this browser until now.

        Raises ``Conflict`` where push is not set up, and ``Invalid`` for a push service that cannot be one: asked of
        the network, so before a transaction begins.
        """
        if self.public_key is None:
            raise Conflict("Push is not set up here.", slug="push-not-set-up")
        async with self._database.reading() as connection:
            stored = await queries.subscription_at(connection, subscription.endpoint)
        is_own = stored is not None and stored.user_id == user_id
        if not is_own:
            await self._require_public(subscription.endpoint)
        return not is_own

    async def subscribe(self, transaction: Transaction, user_id: HostId, subscription: NewSubscription) -> None:
        """The browser is this person's from now on, whosever it was; of too many, those of longest ago end.

        Raises ``Invalid`` for an unknown person.
        """
        keys = subscription.keys
        try:
            await queries.put_subscription(
                transaction.connection, user_id, subscription.endpoint, keys.p256dh, keys.auth, most=_MOST
            )
        except IntegrityError:
            raise Invalid("There is no such user in public.users.") from None

    async def unsubscribe(self, transaction: Transaction, user_id: HostId, endpoint: str) -> None:
        """Ends it if it is this person's."""
        await queries.delete_own(transaction.connection, user_id, endpoint)

    async def _require_public(self, endpoint: str) -> None:
        """One answer for all reasons: what names stand for inside is not told to those outside."""
        try:
            async with asyncio.timeout(_SECONDS):
                await self._network.resolve(*place_of(endpoint))
        except (NotReachable, TimeoutError):
            fault = {"loc": ["body", "endpoint"], "msg": "No push service that can be reached", "type": "endpoint"}
            raise Invalid("There is no push service at this endpoint that can be reached.", errors=[fault]) from None
