"""Searches and what they find, on the wire."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from app.core.pagination import PageQuery
from app.core.types import STORABLE
from app.notifications.events import SourceKind
from app.projects.schemas import Name

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), STORABLE]


class SearchQuery(PageQuery):
    q: Words = Field(description="Words that all must be there, whatever their case; the last one may be a beginning")
    kind: SourceKind | None = Field(default=None, description="Only what is of this kind")


class Segment(BaseModel):
    """A part of a text; ``is_match`` is of what was searched for."""

    text: str
    is_match: bool


class Found(BaseModel):
    """Something that a search found, ``at`` when it was written or shared; ``route_path`` is the page that shows it.

    ``title`` is an issue's or a task's, a file's name, or who wrote a message; ``title_segments`` is the same with
    what matches in it. ``snippet`` is the text around its first match, else how it begins: empty where there is none.
    ``room_id`` and ``client`` are null for what belongs to the project as a whole.
    """

    kind: SourceKind
    id: UUID
    room_id: UUID | None
    client: Name | None
    title: str
    title_segments: list[Segment]
    snippet: list[Segment]
    author: Name | None
    at: datetime
    route_path: str
