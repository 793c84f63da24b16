"""Small pictures of pictures. What cannot be decoded within bounds has none.

A picture takes memory by its pixels, whatever its file takes: at most 64 MiB decoded, at four bytes a pixel, and half
as much again while a progressive JPEG is. It is made smaller before anything else is made of it, so no copy is as
large. By that the time is bounded too, to a second or so: no further limit is needed.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from io import BytesIO

import structlog
from PIL import Image, ImageOps

log = structlog.get_logger(__name__)

BYTES_MAX = 32 * 1024 * 1024
"""Larger pictures are not decoded."""

FORMATS = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/gif": "GIF",
    "image/webp": "WEBP",
    "image/avif": "AVIF",
}
"""The kinds that are decoded: those that every browser shows."""

_SIDE = 640
_MIDDLE = 4 * _SIDE
_PIXELS_MAX = 64 * 1024 * 1024 // 4
_JPEG_PIXELS_MAX = 64_000_000  # decoded at an eighth of their size if need be, unless they are progressive
_ORIENTATION = 0x0112
_TURNED = frozenset({5, 6, 7, 8})


@dataclass(frozen=True, slots=True)
class Picture:
    """How large a picture is as it is seen, and a small form of it as WebP."""

    width: int
    height: int
    thumbnail: bytes


class Pictures:
    """Decodes pictures in threads, one at a time: each may take up to a hundred megabytes for a moment."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(1)

    async def look(self, media_type: str, read: Callable[[], Awaitable[bytes]]) -> Picture | None:
        """The picture, None if it cannot be decoded or is too large for that. It is read when its turn comes."""
        async with self._turn:
            return await asyncio.to_thread(_look, await read(), FORMATS[media_type])


def _look(content: bytes, format_: str) -> Picture | None:
    try:
        with Image.open(BytesIO(content), formats=[format_]) as image:
            return _picture(image)
    # Decoders fail in many ways on what somebody made up; bombs are warnings or errors of the library.
    except Exception as error:
        log.info("picture_not_decoded", error=repr(error))
        return None


def _picture(image: Image.Image) -> Picture | None:
    width, height = image.size
    is_scaled = image.format == "JPEG" and not image.info.get("progressive")
    if width * height > (_JPEG_PIXELS_MAX if is_scaled else _PIXELS_MAX):
        return None
    if image.getexif().get(_ORIENTATION) in _TURNED:
        width, height = height, width
    # To the middle size without a copy: JPEG decodes to it, of others pixels are left out.
    image.draft(None, (_MIDDLE, _MIDDLE))
    image.thumbnail((_MIDDLE, _MIDDLE), Image.Resampling.NEAREST)
    shown = ImageOps.exif_transpose(image.convert("RGBA" if image.has_transparency_data else "RGB"))
    shown.thumbnail((_SIDE, _SIDE))
    written = BytesIO()
    shown.save(written, "WEBP", quality=80)
    return Picture(width, height, written.getvalue())
