"""The parts a person can have in a project."""

from enum import StrEnum

from app.accounts.roles import Role


class MemberRole(StrEnum):
    MANAGER = "manager"
    DEVELOPER = "developer"
    CLIENT = "client"


PARTS_OF: dict[Role, frozenset[MemberRole]] = {
    Role.ADMIN: frozenset({MemberRole.MANAGER, MemberRole.DEVELOPER}),
    Role.STAFF: frozenset({MemberRole.MANAGER, MemberRole.DEVELOPER}),
    Role.DEVELOPER: frozenset({MemberRole.DEVELOPER}),
    Role.CLIENT: frozenset({MemberRole.CLIENT}),
}
"""Which parts an account of a role can have: a buyer is never of the team, nor one of the team a buyer."""


class Source(StrEnum):
    """Who put a person into a project: somebody here, or the host's own assignment."""

    PORTAL = "portal"
    HOST = "host"
