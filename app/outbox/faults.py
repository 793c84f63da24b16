"""What a fault means to an outbox, and how it is told."""

import re
import traceback
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

_APP = Path(__file__).resolve().parent.parent
_LENGTH = 500
_UNFIT = re.compile(r"[\x00-\x1f\x7f\s]+")  # control characters; and Postgres takes no NUL
_ADDRESS = re.compile(r"[^\s<>\"'(),:;\[\]]+@[^\s<>\"'(),:;\[\]]+")

# Lost connections, conflicts with others, not let in, out of resources, ended by an operator:
# https://www.postgresql.org/docs/current/errcodes-appendix.html
_PASSING = ("08", "25006", "25P", "28", "3D", "40", "53", "55", "57")
_CANCELED = "57014"


def is_of_the_database(error: BaseException) -> bool:
    """Whether a fault of statements will pass with the state of the database, whatever was asked of it."""
    cause: Any = getattr(error, "orig", None) or error
    state = _state_of(cause)
    if state is not None:
        return state.startswith(_PASSING)
    # Of the network, of asyncpg, and of a pool with none to spare; what cannot be sent is a ValueError.
    is_of_the_way = isinstance(cause, asyncpg.InterfaceError | OSError | PoolTimeoutError)
    return is_of_the_way and not isinstance(cause, ValueError)


def took_too_long(error: BaseException) -> bool:
    """Whether a statement was ended for its time, by a limit of ours most likely."""
    return _state_of(getattr(error, "orig", None) or error) == _CANCELED


def _state_of(cause: Any) -> str | None:
    state = getattr(cause, "sqlstate", None)
    return None if state is None else str(state)


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
