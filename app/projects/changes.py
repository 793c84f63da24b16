"""What open pages are told: something of a project has changed. Which topics that concerns, and who follows them."""

from enum import StrEnum
from uuid import UUID

from app.accounts.principal import Principal
from app.accounts.roles import Permission
from app.core.database import Signal
from app.core.types import HostId

SIGNAL = "project"

ALL_PROJECTS = "projects"
"""The topic of what concerns everybody of any project, for those who reach all of them."""


class Changed(StrEnum):
    """What can change under an open page."""

    FILE = "file"
    ISSUE = "issue"
    TASK = "task"
    APPROVAL = "approval"


def changed(kind: Changed, id_: UUID, project_id: HostId, client_id: HostId | None = None) -> Signal:
    """A signal for open pages, which then read the thing anew: it carries ids only.

    ``client_id`` is the client in whose room it is: of the project's clients, only that one hears of it. None is for
    what all of them may see.
    """
    content = {"project": str(project_id), "kind": kind.value, "id": str(id_)}
    return Signal(SIGNAL, content if client_id is None else content | {"client": str(client_id)})


def project_topic(project_id: HostId | str) -> str:
    """The topic of what concerns everybody of a project."""
    return f"project:{project_id}"


def team_topic(project_id: HostId | str) -> str:
    """The topic of what happens in the rooms of a project, for who works on it."""
    return f"project:{project_id}:team"


def client_topic(project_id: HostId | str, client_id: HostId | str) -> str:
    """The topic of what happens in one client's room."""
    return f"project:{project_id}:client:{client_id}"


def reach_topic(user_id: HostId | str, project_id: HostId | str) -> str:
    """The topic of one person's part in one project."""
    return f"reach:{user_id}:{project_id}"


def own_reach_topic(user_id: HostId | str) -> str:
    """The topic of which projects one person has a part in."""
    return f"reach:{user_id}"


def topics_of_project(actor: Principal, project_id: HostId) -> set[str]:
    """What an actor who reaches the project hears of it."""
    sees_rooms = actor.may(Permission.REACH_CLIENTS_ROOMS)
    own = team_topic(project_id) if sees_rooms else client_topic(project_id, actor.user_id)
    return {project_topic(project_id), own, reach_topic(actor.user_id, project_id)}
