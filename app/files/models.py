"""Tables of files, and of what they are attached to. The bytes are in the storage, under ``key``."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import SCHEMA, Base
from app.core.lexemes import lexemes, lexemes_index
from app.core.types import HOST_ID, TIMESTAMP, HostId

FILE_LEXEMES = lexemes("left(room_id::text, 8)", "name")


class File(Base):
    """A file of a room. ``name`` is for display only; the type was decided from the content.

    ``shared_at`` is when the room's people got to see it; without one it is a draft of whoever uploaded it, to be
    attached to something.
    """

    __tablename__ = "files"
    __table_args__ = (
        Index("ix_files_room_id_shared_at_id", "room_id", "shared_at", "id"),
        Index("ix_files_unshared_created_at", "created_at", postgresql_where=text("shared_at IS NULL")),
        lexemes_index("files", FILE_LEXEMES, "shared_at IS NOT NULL"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    room_id: Mapped[UUID] = mapped_column(ForeignKey(f"{SCHEMA}.rooms.id", ondelete="RESTRICT"))
    uploader_id: Mapped[HostId] = mapped_column(HOST_ID, ForeignKey("public.users.id", ondelete="RESTRICT"))
    name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    key: Mapped[str] = mapped_column(unique=True)
    width: Mapped[int | None]
    height: Mapped[int | None]
    has_thumbnail: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[datetime] = mapped_column(TIMESTAMP, server_default=func.clock_timestamp())
    shared_at: Mapped[datetime | None] = mapped_column(TIMESTAMP)


class FileUpload(Base):
    """Bytes that are coming in, or were when something died: written before the first of them is stored.

    The row goes as that of the file comes, or once the bytes are removed. ``size`` is what the file will have at least,
    or may have at most where nothing is known; ``touched_at`` is when the upload was last heard of.
    """

    __tablename__ = "file_uploads"
    __table_args__ = (
        Index("ix_file_uploads_room_id", "room_id"),
        Index("ix_file_uploads_uploader_id", "uploader_id"),
    )

    key: Mapped[str] = mapped_column(primary_key=True)
    room_id: Mapped[UUID] = mapped_column(ForeignKey(f"{SCHEMA}.rooms.id", ondelete="RESTRICT"))
    uploader_id: Mapped[HostId] = mapped_column(HOST_ID, ForeignKey("public.users.id", ondelete="RESTRICT"))
    size: Mapped[int] = mapped_column(BigInteger)
    touched_at: Mapped[datetime] = mapped_column(TIMESTAMP, server_default=func.clock_timestamp())


class FileSweep(Base):
    """Whose turn it is to sweep, and until when: one row, for locks of a session do not get past a pooler."""

    __tablename__ = "file_sweeps"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    holder: Mapped[UUID]
    ends_at: Mapped[datetime] = mapped_column(TIMESTAMP)


class AttachedTo(StrEnum):
    """What a file can be attached to."""

    MESSAGE = "message"
    ISSUE = "issue"
    APPROVAL = "approval"


class Attachment(Base):
    """A file as part of something else: its subject belongs to a feature above this one."""

    __tablename__ = "attachments"
    __table_args__ = (
        CheckConstraint("kind IN ('message', 'issue', 'approval')", name="kind"),
        Index("ix_attachments_file_id", "file_id"),
    )

    kind: Mapped[str] = mapped_column(primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    file_id: Mapped[UUID] = mapped_column(ForeignKey(f"{SCHEMA}.files.id", ondelete="RESTRICT"), primary_key=True)
    position: Mapped[int]
