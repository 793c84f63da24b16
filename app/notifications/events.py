"""What can happen, who is told of it, and where it opens. Adding an event is adding a row."""

from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from app.core.types import Body, HostId, Title
from app.projects.roles import MemberRole


class EventType(StrEnum):
    ISSUE_CREATED = "issue_created"
    MESSAGE_POSTED = "message_posted"


class SourceKind(StrEnum):
    ISSUE = "issue"
    MESSAGE = "message"


_TEAM = frozenset({MemberRole.MANAGER, MemberRole.DEVELOPER})

SOURCES: dict[EventType, SourceKind] = {
    EventType.ISSUE_CREATED: SourceKind.ISSUE,
    EventType.MESSAGE_POSTED: SourceKind.MESSAGE,
}
"""What an event is about."""

TOLD: dict[tuple[EventType, MemberRole], frozenset[MemberRole]] = {
    (EventType.ISSUE_CREATED, MemberRole.CLIENT): _TEAM,
    (EventType.MESSAGE_POSTED, MemberRole.CLIENT): _TEAM,
    (EventType.MESSAGE_POSTED, MemberRole.DEVELOPER): frozenset({MemberRole.CLIENT, MemberRole.MANAGER}),
    (EventType.MESSAGE_POSTED, MemberRole.MANAGER): frozenset({MemberRole.CLIENT}),
}
"""Whose people are told of an event, by the part of who caused it. Of clients, only the one it concerns."""

_ROUTE_PATHS: dict[str, str] = {
    SourceKind.ISSUE: "/projects/{project_id}/issues/{source_id}",
    SourceKind.MESSAGE: "/projects/{project_id}/messages?focus={source_id}",
}


_PROJECT_PATH = "/projects/{project_id}"


class Event(BaseModel):
    """Something that happened in a project, done by somebody who has the part ``by`` in it.

    ``actor_id`` is who did it (they are not told), None when it came from outside. ``client_id`` is the client whose
    room it happened in, None for what concerns all of the project's clients. ``key`` tells one event from another: the
    same event makes at most one notification for a recipient, however often it is reported.
    """

    model_config = ConfigDict(frozen=True)

    type: EventType
    by: MemberRole = MemberRole.CLIENT
    project_id: HostId
    source_id: UUID
    title: Title
    body: Body | None = None
    actor_id: HostId | None = None
    client_id: HostId | None = None

    @property
    def source_kind(self) -> SourceKind:
        return SOURCES[self.type]

    @property
    def told(self) -> frozenset[MemberRole]:
        """The parts whose people are told."""
        return TOLD[self.type, self.by]

    @property
    def key(self) -> str:
        return f"{self.type}:{self.project_id}:{self.source_id}"


def route_path(project_id: HostId, source_kind: str, source_id: UUID) -> str:
    """The page that shows the source of a notification; the project's, for a kind that a newer version wrote."""
    template = _ROUTE_PATHS.get(source_kind, _PROJECT_PATH)
    return template.format(project_id=project_id, source_id=source_id)
