"""How a bearer stands now, remembered for a moment so that most requests ask the database nothing."""

import time
from uuid import UUID

from app.accounts import queries
from app.accounts.principal import Principal
from app.accounts.queries import Standing
from app.accounts.roles import Role, known_roles
from app.core.database import Database
from app.core.errors import Unauthenticated
from app.core.tokens import Claims
from app.core.types import HostId
from app.realtime.broker import Broker

_SECONDS = 30.0
_MOST = 50_000


class Standings:
    """Reads standings, and remembers each until a signal says it changed; never while signals are not heard."""

    def __init__(self, database: Database, broker: Broker) -> None:
        self._database = database
        self._broker = broker
        self._known: dict[tuple[HostId, UUID | None], tuple[float, Standing]] = {}
        self._generation = 0
        broker.on("standing", lambda content: self.forget(UUID(content["user"])))
        broker.on_gap(self.forget_all)

    async def principal(self, claims: Claims) -> Principal:
        """The bearer of these claims; raises ``Unauthenticated`` when account, session or user have ended."""
        standing = await self._standing(claims.user_id, claims.session_id)
        if standing.is_active is False:
            raise Unauthenticated("This account is not active.")
        if not standing.is_user:
            raise Unauthenticated("The token is of somebody whom the host does not know.")
        roles = known_roles(claims.roles)
        if claims.session_id is not None:
            if not standing.is_session_open or standing.role is None:
                raise Unauthenticated("This session has ended; sign in again.")
            roles = frozenset({Role(standing.role)})
        return Principal(claims.user_id, roles, claims.scopes, claims.expires_at, claims.session_id)

    async def still_holds(self, principal: Principal) -> bool:
        """Whether somebody who has proven themself before is still in good standing."""
        standing = await self._standing(principal.user_id, principal.session_id)
        return standing.is_active is not False and (principal.session_id is None or bool(standing.is_session_open))

    def forget(self, user_id: HostId) -> None:
        self._generation += 1
        for key in [key for key in self._known if key[0] == user_id]:
            del self._known[key]

    def forget_all(self) -> None:
        self._generation += 1
        self._known.clear()

    async def _standing(self, user_id: HostId, session_id: UUID | None) -> Standing:
        key = (user_id, session_id)
        until, standing = self._known.get(key, (0.0, None))
        if standing is not None and time.monotonic() < until and self._broker.is_connected:
            return standing
        generation = self._generation
        async with self._database.reading() as connection:
            standing = await queries.standing(connection, user_id, session_id)
        # What was read before a change must not be remembered after it.
        if generation == self._generation:
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[key] = (time.monotonic() + _SECONDS, standing)
        return standing
