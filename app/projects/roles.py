"""The parts a person can have in a project."""

from enum import StrEnum


class MemberRole(StrEnum):
    MANAGER = "manager"
    DEVELOPER = "developer"
    CLIENT = "client"
