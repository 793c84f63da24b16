"""What a folder needs that a bucket does by itself."""

import os
import re
from contextlib import suppress
from datetime import datetime
from pathlib import Path

_PARTIAL = re.compile(r"(probe-)?[0-9a-f]{32}(\.[a-z]+)?#\d+")


def settle(folder: Path, key: str) -> None:
    """Writes to the disk what is under the key, and that it is there: the names in each folder on the way."""
    path = folder / key
    for each in (path, *path.parents):
        opened = os.open(each, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
        if each == folder:
            return


def remove_partials(folder: Path, before: datetime) -> int:
    """Removes what writers that died have left, and nobody has written to since; answers how many.

    The store writes to ``KEY#NUMBER`` first, and renames at the end.
    """
    removed = 0
    for path in list(folder.rglob("*#*")):
        # Another one may sweep, or the writer may end, at this moment.
        with suppress(FileNotFoundError):
            if _PARTIAL.fullmatch(path.name) and path.stat().st_mtime < before.timestamp():
                path.unlink()
                removed += 1
    return removed
