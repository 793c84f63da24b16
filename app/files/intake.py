"""The body of an upload as it comes in: one part of a multipart form, looked at and measured while it flows."""

import asyncio
import hashlib
import re
import time
from collections.abc import AsyncIterator
from http import HTTPStatus
from urllib.parse import unquote_to_bytes

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request

from app.core.errors import Invalid, Problem
from app.files.kinds import HEAD, UnsupportedType, is_text, kind_at_first_sight
from app.files.names import clean_name

IDLE_SECONDS = 60.0
_PLAIN_ENCODINGS = frozenset({b"binary", b"8bit", b"7bit"})
_EXTENDED_NAME = re.compile(rb";\s*filename\*\s*=\s*(utf-8|iso-8859-1)'[^';\"]*'([^\s;\"]+)\s*(?=;|$)", re.IGNORECASE)
_PIECE = 256 * 1024
_FRAME = 16 * 1024  # what surrounds the file in the body


class TooLarge(Problem):
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    slug = "too-large"

    def __init__(self, limit: int) -> None:
        super().__init__(f"The file is over {limit // 2**20} MiB, the most that one may have.")


class RoomFull(Problem):
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    slug = "room-full"

    def __init__(self) -> None:
        super().__init__("The files of this room would take more than it may hold.")


class TooSlow(Problem):
    status = HTTPStatus.REQUEST_TIMEOUT
    slug = "too-slow"

    def __init__(self, detail: str = "Nothing came for a minute: send the file again.") -> None:
        super().__init__(detail)


class Intake:
    """One upload. What it says of the file is known once its content has been read to the end.

    ``least`` is the least number of bytes that the file has, ``expected`` the same, or if headers do not tell the most.
    """

    def __init__(self, request: Request, limit: int, *, idle_seconds: float = IDLE_SECONDS) -> None:
        self._request = request
        self._limit = limit
        self._idle_seconds = idle_seconds
        self._part: _FilePart | None = None
        self._ending: tuple[float, Problem] | None = None
        self.least = max(0, _declared(request) - _FRAME)
        self.expected = self.least if _declared(request) else limit
        self.name = ""
        self.size = 0
        self.sha256 = ""
        self.kind = ""
        self.head = b""

    def ends_in(self, seconds: float, fault: Problem) -> None:
        """What has not come by then is refused so."""
        self._ending = time.monotonic() + seconds, fault

    def begin(self) -> None:
        """Raises what the headers alone are refused for; nothing has been read then."""
        if self.least > self._limit:
            raise TooLarge(self._limit)
        self._part = _FilePart(_boundary(self._request))

    async def content(self) -> AsyncIterator[bytes]:
        """The file's bytes. Raises as soon as they are too many, or of a kind that is not taken."""
        assert self._part is not None, "not begun"
        digest = hashlib.sha256()
        async for piece in _in_pieces(self._parts(self._part)):
            self.size += len(piece)
            if self.size > self._limit:
                raise TooLarge(self._limit)
            digest.update(piece)
            self._look(piece)
            yield piece
        self.sha256 = digest.hexdigest()
        self.name = clean_name(self._part.name)

    def _look(self, piece: bytes) -> None:
        if not self.kind:
            self.head = piece[:HEAD]
            self.kind = kind_at_first_sight(self.head)
        if self.kind == "text/plain" and not is_text(piece):
            raise UnsupportedType

    async def _parts(self, part: "_FilePart") -> AsyncIterator[bytes]:
        """What the body's chunks hold of the file."""
        received = 0
        chunks = self._request.stream()
        while True:
            chunk = await self._next(chunks)
            if chunk is None:
                break
            received += len(chunk)
            if received > self._limit + _FRAME:
                raise TooLarge(self._limit)
            yield part.take(chunk)
        part.end()

    async def _next(self, chunks: AsyncIterator[bytes]) -> bytes | None:
        at, fault = self._ending or (time.monotonic() + self._idle_seconds, TooSlow())
        left = at - time.monotonic()
        if left <= 0:
            raise fault
        try:
            async with asyncio.timeout(min(self._idle_seconds, left)):
                return await anext(chunks, None)
        except TimeoutError:
            raise (TooSlow() if self._idle_seconds <= left else fault) from None
        except ClientDisconnect:
            raise _bad_body("it ended early") from None


async def _in_pieces(parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same in larger pieces, the first of which is enough to tell the kind; an empty file is one empty piece."""
    gathered = bytearray()
    is_first = True
    async for part in parts:
        gathered += part
        if len(gathered) >= _PIECE:
            yield bytes(gathered)
            gathered.clear()
            is_first = False
    if gathered or is_first:
        yield bytes(gathered)


class _FilePart:
    """Takes the one part named ``file`` out of a multipart body; anything else in it is refused."""

    def __init__(self, boundary: bytes) -> None:
        self.name = ""
        self._found: list[bytes] = []
        self._headers: dict[bytes, bytes] = {}
        self._field = bytearray()
        self._value = bytearray()
        self._parts = 0
        self._is_whole = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_header_field": lambda data, start, end: self._field.extend(data[start:end]),
                "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
                "on_header_end": self._header_end,
                "on_headers_finished": self._headers_end,
                "on_part_data": lambda data, start, end: self._found.append(data[start:end]),
                "on_end": self._end,
            },
        )

    def take(self, chunk: bytes) -> bytes:
        """What the chunk has of the file; raises ``Invalid``."""
        try:
            self._parser.write(chunk)
        except FormParserError:
            raise _bad_body("it is no multipart form") from None
        found = b"".join(self._found)
        self._found.clear()
        return found

    def end(self) -> None:
        """Raises ``Invalid`` unless all of the file has come."""
        if not self._is_whole or self._parts != 1:
            raise _bad_body("it has no part named file, or ended early")

    def _header_end(self) -> None:
        self._headers[bytes(self._field).lower()] = bytes(self._value)
        self._field.clear()
        self._value.clear()

    def _headers_end(self) -> None:
        said = self._headers.get(b"content-disposition", b"")
        encoding = self._headers.get(b"content-transfer-encoding", b"binary").strip().lower()
        disposition, options = parse_options_header(said)
        self._headers.clear()
        self._parts += 1
        if disposition != b"form-data" or options.get(b"name") != b"file" or self._parts > 1:
            raise _bad_body("it must have one part, named file")
        if encoding not in _PLAIN_ENCODINGS:
            raise _bad_body("its part must be sent as it is, without a transfer encoding")
        # Browsers write a quotation mark in a name like this.
        plain = options.get(b"filename", b"").decode(errors="replace").replace("%22", '"')
        self.name = _extended_name(said) or plain

    def _end(self) -> None:
        self._is_whole = True


def _extended_name(disposition: bytes) -> str:
    """The name in the form of RFC 5987, which forms should not have (RFC 7578) but some programs write."""
    found = _EXTENDED_NAME.search(disposition)
    if found is None:
        return ""
    charset, name = found.groups()
    return unquote_to_bytes(name).decode("utf-8" if charset.lower() == b"utf-8" else "latin-1", errors="replace")


def _declared(request: Request) -> int:
    """How long the body says it is; 0 where it does not."""
    length = request.headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() else 0


def _boundary(request: Request) -> bytes:
    content_type, options = parse_options_header(request.headers.get("content-type"))
    boundary = options.get(b"boundary", b"")
    if content_type != b"multipart/form-data" or not 0 < len(boundary) <= 200:
        raise _bad_body("it must be multipart/form-data")
    return boundary


def _bad_body(why: str) -> Invalid:
    return Invalid(
        f"The body cannot be taken: {why}.", errors=[{"loc": ["body", "file"], "msg": why.capitalize(), "type": "file"}]
    )
