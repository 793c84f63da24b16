"""Rooms and messages on the wire."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

from app.core.pagination import PageQuery
from app.core.types import PLAIN, STORABLE, HostId, is_blank
from app.files.schemas import File, FileIds
from app.projects.roles import MemberRole
from app.projects.schemas import Name

MESSAGE_MAX = 4000
_LARGEST = 2**63 - 1

MessageBody = Annotated[str, StringConstraints(max_length=MESSAGE_MAX), STORABLE, PLAIN]
Number = Annotated[int, Field(ge=0, le=_LARGEST)]


class NewMessage(BaseModel):
    """``id`` is made by who sends: the same one sent again is the same message. With files, it may say nothing."""

    id: UUID | None = None
    file_ids: FileIds = []
    body: MessageBody = Field(default="", validate_default=True)

    @field_validator("body")
    @classmethod
    def _says_something(cls, body: str, info: ValidationInfo) -> str:
        if not is_blank(body):
            return body
        if not info.data.get("file_ids"):
            raise ValueError("must not be blank")
        return ""


class ReadMark(BaseModel):
    up_to: Number = Field(description="The number of the last message that was read")


class _Written(BaseModel):
    id: UUID
    number: int
    author: Name
    body: str
    created_at: datetime


class LastMessage(_Written):
    file_count: int


class Message(_Written):
    """``number`` counts the room's messages from 1, without gaps. ``body`` is empty where there are files only."""

    room_id: UUID
    project_id: HostId
    files: list[File]


class Room(BaseModel):
    """One client's private place in a project; closed when they are no longer its client."""

    id: UUID
    project_id: HostId
    project_name: str
    client: Name
    is_open: bool
    unread_count: int
    last_number: int
    active_at: datetime
    last_message: LastMessage | None


class Person(Name):
    """One of a room's people; a client is not told who has which part."""

    role: MemberRole | None
    read_number: int
    is_online: bool


class RoomWithPeople(Room):
    people: list[Person]


class RoomsQuery(PageQuery):
    q: Annotated[str, StringConstraints(max_length=200), AfterValidator(str.strip), STORABLE] = Field(
        default="", description="Part of the client's or the project's name"
    )


class MessagesQuery(PageQuery):
    """``before`` and ``after`` are numbers of messages; at most one of these and ``cursor`` may be given."""

    before: Annotated[int, Field(ge=1, le=_LARGEST)] | None = None
    after: Number | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if sum((bool(self.cursor), self.before is not None, self.after is not None)) > 1:
            raise ValueError("at most one of cursor, before and after may be given")
        return self
