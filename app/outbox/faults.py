"""What a fault means to an outbox, and how it is told."""

import re
import traceback
from pathlib import Path
from typing import Any

import asyncpg

_APP = Path(__file__).resolve().parent.parent
_LENGTH = 500
_UNFIT = re.compile(r"[\x00-\x1f\x7f\s]+")  # control characters; and Postgres takes no NUL
_ADDRESS = re.compile(r"[^\s<>\"'(),:;\[\]]+@[^\s<>\"'(),:;\[\]]+")

# Lost connections, conflicts with others, out of resources, ended by an operator:
# https://www.postgresql.org/docs/current/errcodes-appendix.html
_PASSING = ("08", "25006", "25P", "40", "53", "55", "57")


def is_of_the_database(error: BaseException) -> bool:
    """Whether a fault of statements will pass with the state of the database, whatever was asked of it."""
    cause: Any = getattr(error, "orig", None) or error
    state = getattr(cause, "sqlstate", None)
    if state is not None:
        return str(state).startswith(_PASSING)
    return isinstance(cause, asyncpg.InterfaceError | ConnectionError | TimeoutError)


def told(fault: BaseException) -> str:
    """One line for the row, of what may be a server's own words; the name of a fault that says nothing."""
    said = _UNFIT.sub(" ", str(fault)).strip() or type(fault).__name__
    return said.encode(errors="replace").decode()[:_LENGTH]


def told_in_logs(fault: BaseException) -> str:
    """The same without anybody's address."""
    return _ADDRESS.sub("(an address)", told(fault))


def place_of(fault: BaseException) -> str:
    """Where in the portal's own files it was raised, or whence what raised it was called: ``letters/judge.py:81``."""
    frames = [(Path(frame.filename), frame.lineno) for frame in traceback.extract_tb(fault.__traceback__)]
    own = [f"{path.relative_to(_APP)}:{line}" for path, line in frames if path.is_relative_to(_APP)]
    return own[-1] if own else "no file of the portal"
