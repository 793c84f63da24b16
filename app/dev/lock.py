"""A lock that ends with the process that holds it, however that process ends."""

import fcntl
import os
from pathlib import Path
from typing import TextIO


def open_lock(path: Path) -> TextIO:
    """A file to lock, created if it is missing; a lock on it lasts as long as it is open."""
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600), "r+")


def try_lock(file: TextIO) -> bool:
    """Take the lock if nobody holds it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
