"""What rows of every outbox have."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import func, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.types import TIMESTAMP


class State(StrEnum):
    """Where a row stands. What is ``waiting`` has never been tried, and may still be added to."""

    WAITING = "waiting"
    SENDING = "sending"
    RETRYING = "retrying"
    SENT = "sent"
    NOT_SENT = "not_sent"
    DEAD = "dead"
    DROPPED = "dropped"


OPEN = (State.WAITING, State.SENDING, State.RETRYING)
"""The states of what a worker has still to look at, once it is due."""

IS_OPEN = f"state IN ({', '.join(repr(state.value) for state in OPEN)})"
IS_STATE = f"state IN ({', '.join(repr(state.value) for state in State)})"


class Queued:
    """One piece of work.

    ``due_at`` is when a worker looks at it next: the time to send it or, while one is sending it, the end of that
    one's lease. ``generation`` grows with each claim: whoever was late finds that it is not their turn any more.
    ``error`` is the last fault, or why it is not sent; ``failing_since`` the time of the first one.
    """

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid(), sort_order=-1)
    state: Mapped[str] = mapped_column(server_default=text("'waiting'"))
    due_at: Mapped[datetime] = mapped_column(TIMESTAMP)
    generation: Mapped[int] = mapped_column(server_default=text("0"))
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    error: Mapped[str | None]
    failing_since: Mapped[datetime | None] = mapped_column(TIMESTAMP)
    created_at: Mapped[datetime] = mapped_column(TIMESTAMP, server_default=func.clock_timestamp())
    ended_at: Mapped[datetime | None] = mapped_column(TIMESTAMP)
