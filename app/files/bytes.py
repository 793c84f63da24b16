"""The bytes of a file and of its thumbnail, which live and go together."""

import structlog

from app.core.errors import Unavailable
from app.storage.store import Storage

log = structlog.get_logger(__name__)

_THUMBNAIL = ".thumbnail"


def thumbnail_key(key: str) -> str:
    return f"{key}{_THUMBNAIL}"


def file_key(key: str) -> str:
    """The key of the file whose bytes, or whose thumbnail, are under this one."""
    return key.removesuffix(_THUMBNAIL)


async def remove(storage: Storage, key: str) -> None:
    """Removes the bytes of a file that has no row, any more. What cannot be removed now is left to the sweep."""
    for each in (key, thumbnail_key(key)):
        try:
            await storage.delete(each)
        except Unavailable:
            log.warning("bytes_left_to_the_sweep", key=each)
