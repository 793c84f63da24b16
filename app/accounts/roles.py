"""Roles, and which of them may do what."""

from collections.abc import Iterable
from enum import StrEnum


class Role(StrEnum):
    ADMIN = "admin"
    STAFF = "staff"
    DEVELOPER = "developer"
    CLIENT = "client"


def known_roles(names: Iterable[str]) -> frozenset[Role]:
    """The roles among these names; a host's token may carry others that mean nothing here."""
    return frozenset(role for role in Role if role.value in set(names))


class Permission(StrEnum):
    """What a role may do within its reach; reach itself is decided by ``projects.access``."""

    REACH_ALL_PROJECTS = "reach all projects"
    REACH_CLIENTS_ROOMS = "reach the rooms of clients in projects they belong to"
    RAISE_ISSUES = "raise issues and requirements"
    WORK = "change the status of issues; create, change, order and complete tasks"
    REQUEST_APPROVAL = "ask clients to approve tasks without being the project's developer"
    APPROVE = "say to a request that a task is approved, or what is to be changed"
    ADMINISTER = "administer accounts and members"
    SIMULATE_EVENTS = "simulate events"


ROLES_WITH: dict[Permission, frozenset[Role]] = {
    Permission.REACH_ALL_PROJECTS: frozenset({Role.ADMIN}),
    Permission.REACH_CLIENTS_ROOMS: frozenset({Role.ADMIN, Role.STAFF, Role.DEVELOPER}),
    Permission.RAISE_ISSUES: frozenset({Role.ADMIN, Role.CLIENT}),
    Permission.WORK: frozenset({Role.ADMIN, Role.STAFF, Role.DEVELOPER}),
    Permission.REQUEST_APPROVAL: frozenset({Role.ADMIN}),
    Permission.APPROVE: frozenset({Role.ADMIN, Role.CLIENT}),
    Permission.ADMINISTER: frozenset({Role.ADMIN}),
    Permission.SIMULATE_EVENTS: frozenset({Role.ADMIN, Role.STAFF}),
}

STREAM_SCOPE = "notifications.stream"
"""What a token's ``scope`` must hold to open a stream of notifications."""
