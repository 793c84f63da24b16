"""A file as an HTTP answer: whole or a part of it, and so that no browser runs it."""

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import quote

from starlette.responses import Response, StreamingResponse

from app.core.errors import NotFound, Problem
from app.files.bytes import thumbnail_key
from app.files.pictures import FORMATS
from app.files.queries import StoredFile
from app.storage.store import Missing, Storage

_PDF = "application/pdf"
_SANDBOX = "default-src 'none'; sandbox"
# Browsers' own viewers of PDF break in a sandbox.
_POLICIES = {_PDF: "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'"}
_RANGE = re.compile(r"(?i:bytes)=(\d{0,18})-(\d{0,18})", re.ASCII)
_PLAIN_NAME = re.compile(r"[A-Za-z0-9 ._()+,-]")


class BytesMissing(Problem):
    status = HTTPStatus.GONE
    slug = "file-missing"

    def __init__(self) -> None:
        super().__init__("The content of this file is lost: whoever has it may upload it again.")


class RangeNotSatisfiable(Problem):
    status = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
    slug = "range-not-satisfiable"

    def __init__(self, size: int) -> None:
        super().__init__("The file has no such part.", headers={"Content-Range": f"bytes */{size}"})


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request says of how it wants the file."""

    method: str
    headers: Mapping[str, str]
    as_download: bool = False


class Downloads:
    """Answers with bytes. Who asks has been found to see the file."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def answer(self, file: StoredFile, asked: Asked) -> Response:
        """The file, a part of it, or that it has not changed; raises ``BytesMissing`` if the storage has lost it."""
        etag = f'"{file.sha256}"'
        headers = _common(etag) | {
            "Accept-Ranges": "bytes",
            "Content-Disposition": _disposition(file, as_download=asked.as_download),
            "Content-Security-Policy": _POLICIES.get(file.media_type, _SANDBOX),
        }
        if _is_known(asked, etag):
            return Response(status_code=304, headers=headers)
        part = _part(asked, file.size, etag)
        start, end = part or (0, file.size)
        headers |= {"Content-Type": file.media_type, "Content-Length": str(end - start)}
        if part is not None:
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{file.size}"
        # Looked for before the answer begins: what is promised then cannot be taken back.
        if await self._storage.size(file.key) != file.size:
            raise BytesMissing
        return self._sent(file.key, (start, end), asked, headers, 206 if part else 200)

    async def thumbnail(self, file: StoredFile, asked: Asked) -> Response:
        """The small picture, of a file that has one; raises ``NotFound`` if it is lost, for the file itself is not."""
        etag = f'"{file.sha256}-thumbnail"'
        headers = _common(etag) | {"Content-Security-Policy": _SANDBOX}
        if _is_known(asked, etag):
            return Response(status_code=304, headers=headers)
        key = thumbnail_key(file.key)
        size = await self._storage.size(key)
        if size is None:
            raise NotFound
        headers |= {"Content-Type": "image/webp", "Content-Length": str(size)}
        return self._sent(key, (0, size), asked, headers, 200)

    def _sent(self, key: str, part: tuple[int, int], asked: Asked, headers: dict[str, str], status: int) -> Response:
        if asked.method == "HEAD":
            return Response(status_code=status, headers=headers)
        return StreamingResponse(self._pieces(key, *part), status, headers)

    async def _pieces(self, key: str, start: int, end: int) -> AsyncIterator[bytes]:
        try:
            async for piece in self._storage.stream(key, start, end):
                yield piece
        except Missing:
            raise BytesMissing from None


def _common(etag: str) -> dict[str, str]:
    """Each use asks again whether the caller still sees the file; what they have need not be sent again."""
    return {"ETag": etag, "Cache-Control": "private, no-cache"}


def _is_known(asked: Asked, etag: str) -> bool:
    """RFC 9110, 13.1.2: whether the caller has what would be sent."""
    named = [each.strip().removeprefix("W/") for each in asked.headers.get("if-none-match", "").split(",")]
    return etag in named or "*" in named


def _part(asked: Asked, size: int, etag: str) -> tuple[int, int] | None:
    """Which part is asked for (RFC 9110, 14.2: only GET has parts), None for all of it; raises ``RangeNotSatisfiable``.

    Several parts at once are answered with the whole, which is allowed.
    """
    if asked.method != "GET" or asked.headers.get("if-range", etag) != etag:
        return None
    found = _RANGE.fullmatch(asked.headers.get("range", "").strip())
    if found is None or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    start, end = (int(first), int(last or size - 1) + 1) if first else (max(0, size - int(last)), size)
    if last and first and int(last) < int(first):
        return None
    if start >= size or start >= end:
        raise RangeNotSatisfiable(size)
    return start, min(end, size)


def _disposition(file: StoredFile, *, as_download: bool) -> str:
    """RFC 6266: shown in the browser only where that is safe, and with a name that any browser reads."""
    is_shown = file.media_type == _PDF or (file.media_type in FORMATS and file.width is not None)
    kind = "inline" if is_shown and not as_download else "attachment"
    plain = "".join(each if _PLAIN_NAME.fullmatch(each) else "_" for each in file.name)
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(file.name, safe='')}"
