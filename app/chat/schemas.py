"""Rooms and messages on the wire."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, StringConstraints, model_validator

from app.core.pagination import PageQuery
from app.core.types import NOT_BLANK, PLAIN, STORABLE, HostId
from app.projects.roles import MemberRole
from app.projects.schemas import Name

MESSAGE_MAX = 4000
_LARGEST = 2**63 - 1

MessageBody = Annotated[str, StringConstraints(min_length=1, max_length=MESSAGE_MAX), STORABLE, PLAIN, NOT_BLANK]
Number = Annotated[int, Field(ge=0, le=_LARGEST)]


class NewMessage(BaseModel):
    """``id`` is made by who sends: the same one sent again is the same message."""

    id: UUID | None = None
    body: MessageBody


class ReadMark(BaseModel):
    up_to: Number = Field(description="The number of the last message that was read")


class LastMessage(BaseModel):
    id: UUID
    number: int
    author: Name
    body: str
    created_at: datetime


class Message(LastMessage):
    """``number`` counts the room's messages from 1, without gaps."""

    room_id: UUID
    project_id: HostId


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
