"""What can happen, who is told of it, and where it opens. Adding an event is adding a row."""

from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Rule:
    """What an event is about, and the parts in its project whose people are told."""

    source_kind: SourceKind
    told: frozenset[MemberRole]


RULES: dict[EventType, Rule] = {
    EventType.ISSUE_CREATED: Rule(SourceKind.ISSUE, frozenset({MemberRole.MANAGER})),
    EventType.MESSAGE_POSTED: Rule(SourceKind.MESSAGE, frozenset({MemberRole.MANAGER})),
}

_ROUTE_PATHS: dict[str, str] = {
    SourceKind.ISSUE: "/projects/{project_id}/issues/{source_id}",
    SourceKind.MESSAGE: "/projects/{project_id}/messages?focus={source_id}",
}


_PROJECT_PATH = "/projects/{project_id}"


class Event(BaseModel):
    """Something that happened in a project.

    ``actor_id`` is who did it (they are not told), None when it came from outside. ``key`` tells one event from
    another: the same event makes at most one notification for a recipient, however often it is reported.
    """

    model_config = ConfigDict(frozen=True)

    type: EventType
    project_id: HostId
    source_id: UUID
    title: Title
    body: Body | None = None
    actor_id: HostId | None = None

    @property
    def rule(self) -> Rule:
        return RULES[self.type]

    @property
    def key(self) -> str:
        return f"{self.type}:{self.project_id}:{self.source_id}"


def route_path(project_id: HostId, source_kind: str, source_id: UUID) -> str:
    """The page that shows the source of a notification; the project's, for a kind that a newer version wrote."""
    template = _ROUTE_PATHS.get(source_kind, _PROJECT_PATH)
    return template.format(project_id=project_id, source_id=source_id)
