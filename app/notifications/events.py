"""What can happen, who is told of it, and where it opens. Adding an event is adding a row."""

from collections.abc import Collection
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from app.accounts.roles import Role
from app.core.types import Body, HostId, Title, holds_address
from app.preferences.event_types import EventType
from app.projects.roles import PARTS_OF, MemberRole


class SourceKind(StrEnum):
    ISSUE = "issue"
    MESSAGE = "message"
    FILE = "file"
    TASK = "task"


SOURCES: dict[EventType, SourceKind] = {
    EventType.ISSUE_CREATED: SourceKind.ISSUE,
    EventType.REQUIREMENT_CREATED: SourceKind.ISSUE,
    EventType.MESSAGE_POSTED: SourceKind.MESSAGE,
    EventType.FILE_UPLOADED: SourceKind.FILE,
    EventType.TASK_COMPLETED: SourceKind.TASK,
    EventType.APPROVAL_REQUESTED: SourceKind.TASK,
    EventType.APPROVAL_DECIDED: SourceKind.TASK,
}
"""What an event is about."""

_TEAM = frozenset({MemberRole.MANAGER, MemberRole.DEVELOPER})
_CLIENT = frozenset({MemberRole.CLIENT})

TOLD: dict[tuple[EventType, MemberRole], frozenset[MemberRole]] = {
    (EventType.ISSUE_CREATED, MemberRole.CLIENT): _TEAM,
    (EventType.REQUIREMENT_CREATED, MemberRole.CLIENT): _TEAM,
    (EventType.MESSAGE_POSTED, MemberRole.CLIENT): _TEAM,
    (EventType.MESSAGE_POSTED, MemberRole.DEVELOPER): frozenset({MemberRole.CLIENT, MemberRole.MANAGER}),
    (EventType.MESSAGE_POSTED, MemberRole.MANAGER): _CLIENT,
    (EventType.FILE_UPLOADED, MemberRole.CLIENT): _TEAM,
    (EventType.FILE_UPLOADED, MemberRole.DEVELOPER): frozenset({MemberRole.CLIENT, MemberRole.MANAGER}),
    (EventType.FILE_UPLOADED, MemberRole.MANAGER): frozenset({MemberRole.CLIENT, MemberRole.MANAGER}),
    (EventType.TASK_COMPLETED, MemberRole.DEVELOPER): _CLIENT,
    (EventType.TASK_COMPLETED, MemberRole.MANAGER): _CLIENT,
    (EventType.APPROVAL_REQUESTED, MemberRole.DEVELOPER): _CLIENT,
    (EventType.APPROVAL_REQUESTED, MemberRole.MANAGER): _CLIENT,
    (EventType.APPROVAL_DECIDED, MemberRole.CLIENT): _TEAM,
    (EventType.APPROVAL_DECIDED, MemberRole.MANAGER): _TEAM | _CLIENT,
}
"""Whose people are told of an event, by the part of who caused it. Of clients, only the one it concerns; of
developers, only the one it concerns where it names one."""


def types_told(roles: Collection[Role]) -> list[EventType]:
    """What people of these roles can be told of; without a role that is known here, as anybody's."""
    parts = frozenset[MemberRole]().union(*(PARTS_OF[role] for role in roles)) or frozenset(MemberRole)
    return [type_ for type_ in EventType if any(of == type_ and told & parts for (of, _), told in TOLD.items())]


_ROUTE_PATHS: dict[str, str] = {
    SourceKind.ISSUE: "/projects/{project_id}/issues/{source_id}",
    SourceKind.MESSAGE: "/projects/{project_id}/messages?focus={source_id}",
    SourceKind.FILE: "/projects/{project_id}/files?focus={source_id}",
    SourceKind.TASK: "/projects/{project_id}/tasks?focus={source_id}",
}


_PROJECT_PATH = "/projects/{project_id}"


class Event(BaseModel):
    """Something that happened in a project, done by somebody who has the part ``by`` in it.

    ``actor_id`` is who did it (they are not told), None when it came from outside. ``client_id`` is the client whose
    room it happened in, None for what concerns all of the project's clients; ``developer_id`` the only developer it
    concerns, None for all; an admin whom it names is told without a part in the project. ``key`` tells one event from
    another: the same event makes at most one notification for a recipient, however often it is reported.
    ``occurrence`` is part of it, for what can happen to a source again.
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
    developer_id: HostId | None = None
    occurrence: str = ""

    @property
    def source_kind(self) -> SourceKind:
        return SOURCES[self.type]

    @property
    def told(self) -> frozenset[MemberRole]:
        """The parts whose people are told."""
        return TOLD[self.type, self.by]

    @property
    def key(self) -> str:
        key = f"{self.type}:{self.project_id}:{self.source_id}"
        return f"{key}:{self.occurrence}" if self.occurrence else key


TITLE_MAX = 200
APPROVED = "approved a task"
CHANGES_ASKED_FOR = "asked for changes to a task"
"""What the title of a decision says of it, by which it is told which one it was."""
SNIPPET = 280


def title_of(sentence: str, short: str) -> str:
    """The sentence as a notification's title, or the short form where names in it will not do for one.

    They may be too long; or an address, which goes by mail and push to people who are not to know it.
    """
    return sentence if len(sentence) <= TITLE_MAX and not holds_address(sentence) else short


def snippet_of(text: str) -> str:
    """As much of a text as a notification shows."""
    return text if len(text) <= SNIPPET else f"{text[: SNIPPET - 1]}…"


def part_of(role: str | None) -> MemberRole:
    """For whom somebody with this part in a project speaks there: an admin without one for those who manage it."""
    return MemberRole(role or MemberRole.MANAGER)


def route_path(project_id: HostId, source_kind: str, source_id: UUID) -> str:
    """The page that shows the source of a notification; the project's, for a kind that a newer version wrote."""
    template = _ROUTE_PATHS.get(source_kind, _PROJECT_PATH)
    return template.format(project_id=project_id, source_id=source_id)
