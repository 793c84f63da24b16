"""Keyset paging: a cursor names the last row seen by its sort key, so that nothing is skipped or repeated."""

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, Field

from app.core.errors import Invalid

Item = TypeVar("Item")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DIGITS = 18
_DECIMAL = re.compile(r"-?\d{1,100}(\.\d{1,500})?", re.ASCII)
_LAST_MICROSECOND = (datetime(9999, 12, 31, tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a list that is sorted by a key, then id."""

    key: str
    id: UUID

    @classmethod
    def at(cls, moment: datetime, id_: UUID) -> "Cursor":
        """A place in a list that is sorted by time."""
        return cls(str((moment - _EPOCH) // timedelta(microseconds=1)), id_)

    @property
    def moment(self) -> datetime:
        """The key as a time; raises ``Invalid`` for a cursor of another kind of list."""
        is_number = self.key.isascii() and self.key.isdigit() and len(self.key) <= len(str(_LAST_MICROSECOND))
        if not is_number or int(self.key) > _LAST_MICROSECOND:
            raise _BAD_CURSOR
        return _EPOCH + timedelta(microseconds=int(self.key))

    @property
    def number(self) -> int:
        """The key as a number; raises ``Invalid`` for a cursor of another kind of list."""
        if not (self.key.isascii() and self.key.isdigit() and len(self.key) <= _DIGITS):
            raise _BAD_CURSOR
        return int(self.key)

    @property
    def decimal(self) -> Decimal:
        """The key as an exact number; raises ``Invalid`` for a cursor of another kind of list."""
        if not _DECIMAL.fullmatch(self.key):
            raise _BAD_CURSOR
        return Decimal(self.key)

    def encode(self) -> str:
        return base64.urlsafe_b64encode(self.id.bytes + self.key.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> "Cursor":
        """The cursor that ``encode`` wrote; raises ``Invalid`` for any other text."""
        try:
            packed = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
            cursor = cls(packed[16:].decode(), UUID(bytes=packed[:16]))
        except ValueError:
            raise _BAD_CURSOR from None
        if not cursor.key or "\0" in cursor.key:
            raise _BAD_CURSOR
        return cursor


_BAD_CURSOR = Invalid(
    "The cursor is not one this list gave out.",
    errors=[{"loc": ["query", "cursor"], "msg": "Not a cursor of this list", "type": "cursor"}],
)


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is asked for."""

    after: Cursor | None
    limit: int


class PageQuery(BaseModel):
    """The query string of a list. Lists with filters of their own add them in a subclass."""

    cursor: str = Field(default="", max_length=2000, description="Opaque; empty for the first page")
    limit: int = Field(default=20, ge=1, le=100)

    def page(self) -> Page:
        """Which page that is; raises ``Invalid`` for a cursor that no list gave out."""
        return Page(Cursor.decode(self.cursor) if self.cursor else None, self.limit)


Paging = Annotated[PageQuery, Query()]


class Listing(BaseModel, Generic[Item]):
    """One page of a list; ``next_cursor`` is null on the last one."""

    items: list[Item]
    next_cursor: str | None


Row = TypeVar("Row")


def cut(rows: list[Row], limit: int, place: Callable[[Row], Cursor]) -> tuple[list[Row], str | None]:
    """Rows queried with one more than the limit, as the page's rows and the cursor of the next page."""
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], place(rows[limit - 1]).encode()
