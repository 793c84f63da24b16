"""Files on the wire."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field

from app.core.pagination import PageQuery
from app.core.types import HostId
from app.files.queries import StoredFile
from app.projects.schemas import Name

FILES_MAX = 10
"""How many files one thing can have."""


def _each_once(ids: list[UUID]) -> list[UUID]:
    if len(set(ids)) < len(ids):
        raise ValueError("must not name a file twice")
    return ids


FileIds = Annotated[list[UUID], Field(max_length=FILES_MAX), AfterValidator(_each_once)]
"""The files that something is to have, in order: of its room, and shared or the caller's own drafts."""


class File(BaseModel):
    """A file of a room. ``shared_at`` is null for a draft, which only its uploader sees.

    The type was decided from the content. ``width`` and ``height`` are of pictures that could be decoded.
    """

    id: UUID
    room_id: UUID
    project_id: HostId
    name: str
    media_type: str
    size: int
    sha256: str
    width: int | None
    height: int | None
    has_thumbnail: bool
    uploader: Name
    created_at: datetime
    shared_at: datetime | None


FileItem = File
"""The same by a name that is no table's."""


def file_on_wire(stored: StoredFile) -> FileItem:
    return FileItem.model_construct(
        id=stored.id,
        room_id=stored.room_id,
        project_id=stored.project_id,
        name=stored.name,
        media_type=stored.media_type,
        size=stored.size,
        sha256=stored.sha256,
        width=stored.width,
        height=stored.height,
        has_thumbnail=stored.has_thumbnail,
        uploader=Name.model_construct(id=stored.uploader_id, display_name=stored.uploader_name),
        created_at=stored.created_at,
        shared_at=stored.shared_at,
    )


class UploadQuery(BaseModel):
    """``id`` is made by who uploads: the same one sent again is the same file."""

    id: UUID | None = None
    draft: bool = Field(default=False, description="Seen by nobody else until it is attached to something")


class FilesQuery(PageQuery):
    room_id: UUID | None = None
