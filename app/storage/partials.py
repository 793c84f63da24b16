"""What writers that died leave in a folder: the store writes to ``KEY#NUMBER`` first, and renames at the end."""

import re
from contextlib import suppress
from datetime import datetime
from pathlib import Path

_PARTIAL = re.compile(r"(probe-)?[0-9a-f]{32}(\.[a-z]+)?#\d+")


def remove_partials(folder: Path, before: datetime) -> int:
    """Removes those that nobody has written to since; answers how many."""
    removed = 0
    for path in list(folder.rglob("*#*")):
        # Another one may sweep, or the writer may end, at this moment.
        with suppress(FileNotFoundError):
            if _PARTIAL.fullmatch(path.name) and path.stat().st_mtime < before.timestamp():
                path.unlink()
                removed += 1
    return removed
