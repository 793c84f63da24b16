"""A row that a worker has taken on, and how that ends."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic
from uuid import UUID

from app.outbox.courier import NotConnected, Parcel, Refused, TryLater, Unreachable
from app.outbox.faults import told
from app.outbox.models import State
from app.outbox.pace import Pace
from app.outbox.queries import Outcome

_LONGEST_ASKED_FOR = timedelta(days=1)

# One that goes on while the machine sleeps, where there is one: leases run out meanwhile.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def clock() -> float:
    """Seconds, for ages only."""
    return time.clock_gettime(_CLOCK)


@dataclass(frozen=True, slots=True)
class Claimed(Generic[Parcel]):
    """A row that is ours for a while: nobody else looks at it until its lease has run out."""

    id: UUID
    generation: int
    attempts: int
    was_due_at: datetime
    parcel: Parcel
    judged_at: float

    @property
    def age(self) -> float:
        """How many seconds ago it was judged."""
        return clock() - self.judged_at

    def sent(self) -> Outcome:
        return Outcome(self.id, self.generation, State.SENT, self.attempts)

    def given_back(self) -> Outcome:
        """As if it had never been claimed."""
        return Outcome(self.id, self.generation, State.RETRYING, self.attempts - 1, due_at=self.was_due_at)

    def failed(self, fault: Exception, pace: Pace) -> Outcome:
        """What comes of it when its delivery raised this."""
        match fault:
            case NotConnected():
                # Due at once, but behind what is due by now: nothing was tried, and others may have a connection.
                error = told(fault)
                return Outcome(self.id, self.generation, State.RETRYING, self.attempts - 1, error, after=timedelta())
            case Refused():
                return Outcome(self.id, self.generation, State.DEAD, self.attempts, told(fault))
            case Unreachable():
                attempts = min(self.attempts, pace.blameless_tries)
                return tried(self.id, self.generation, attempts, told(fault), pace)
            case _:
                after = fault.after if isinstance(fault, TryLater) else None
                return tried(self.id, self.generation, self.attempts, told(fault), pace, after=after)


def tried(
    id_: UUID, generation: int, attempts: int, error: str, pace: Pace, *, after: timedelta | None = None
) -> Outcome:
    """What failed is tried again later, or is dead if this was the last time."""
    if attempts >= pace.tries:
        return Outcome(id_, generation, State.DEAD, attempts, error)
    wait = max(pace.retry(attempts), min(after or timedelta(), _LONGEST_ASKED_FOR))
    return Outcome(id_, generation, State.RETRYING, attempts, error, after=wait)
