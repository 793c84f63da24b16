"""The caller of a request."""

from dataclasses import dataclass
from uuid import UUID

from app.accounts.roles import ROLES_WITH, Permission, Role
from app.core.types import HostId


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls: proven by a token, and in good standing at the time of the request."""

    user_id: HostId
    roles: frozenset[Role]
    scopes: frozenset[str]
    expires_at: float
    session_id: UUID | None

    def may(self, permission: Permission) -> bool:
        return not self.roles.isdisjoint(ROLES_WITH[permission])
