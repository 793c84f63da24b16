"""Projects on the wire."""

from pydantic import BaseModel

from app.core.types import HostId
from app.projects.roles import MemberRole


class Name(BaseModel):
    """A person as others see them: by their display name only."""

    id: HostId
    display_name: str


class ProjectPerson(Name):
    """A person and their part in a project, as the team sees them."""

    role: MemberRole


class Progress(BaseModel):
    """Tasks done of all tasks."""

    done: int
    total: int


class Project(BaseModel):
    """A project as the caller sees it; ``role`` is null for who reaches it without a part in it.

    ``unread_count`` is of notifications, ``unread_messages`` of the rooms the caller belongs to.
    """

    id: HostId
    name: str
    role: MemberRole | None
    unread_count: int
    unread_messages: int
    progress: Progress | None = None
