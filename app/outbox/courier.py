"""What an outbox is told by those who know its contents: what to do with a row that is due, and how it went."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.outbox.models import Queued

Parcel = TypeVar("Parcel")
Delivered_contra = TypeVar("Delivered_contra", contravariant=True)


@dataclass(frozen=True, slots=True)
class Send(Generic[Parcel]):
    """It goes out now, as this; ``address`` is where to, as far as it is to be shown."""

    parcel: Parcel
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Later:
    """Not yet: it is looked at again then."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Never:
    """Not at all, for this reason."""

    reason: str


@dataclass(frozen=True, slots=True)
class TooLate:
    """Not any more, for this reason. What has been tried before ends as dead then, and keeps its last fault."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unfit:
    """It cannot be made into anything that could be sent: counts as a try that failed, by this fault."""

    error: str


Verdict = Send[Parcel] | Later | Never | TooLate | Unfit


class Fault(Exception):
    """A delivery that failed; the text says how, and holds nothing secret."""


class TryLater(Fault):
    """This one may succeed later (a 4xx); not before ``after``, where whoever was asked has said so."""

    def __init__(self, text: str, after: timedelta | None = None) -> None:
        super().__init__(text)
        self.after = after


class Refused(Fault):
    """This one never will (a 5xx)."""


class Unreachable(Fault):
    """Nothing can be delivered at this moment: no connection, no TLS, wrong credentials. No row is to blame."""


class NotConnected(Unreachable):
    """Not even a connection could be made, so nothing was said of any row."""


class NotSignedIn(NotConnected):
    """Whoever is to take it does not take our credentials."""


class Lane(Protocol[Delivered_contra]):
    """One delivery at a time, such as one connection that is used again."""

    @property
    def may_have_arrived(self) -> bool:
        """Whether the delivery that is under way, or was cut off, has come so far that it may be one."""

    async def deliver(self, parcel: Delivered_contra) -> None:
        """Hands it over for good; raises a ``Fault``. Ends within its own limits of time."""

    async def close(self) -> None: ...


class Courier(Protocol[Parcel]):
    """Judges and delivers the rows of one outbox."""

    table: type[Queued]

    async def judge(
        self, connection: AsyncConnection, ids: Sequence[UUID], now: datetime
    ) -> Mapping[UUID, Verdict[Parcel]]:
        """What is to be done with each of these rows, which the connection's transaction holds locked.

        ``now`` is the database's clock. Reads only: it has the time of a few statements.
        """

    def lane(self) -> Lane[Parcel]: ...

    async def refused(self, connection: AsyncConnection, refusals: Sequence[tuple[Parcel, Refused]]) -> None:
        """Puts down what follows of refusals for good, in the transaction that puts their rows down as dead.

        Such as that an address takes no mail, or that a subscription is no more. May be told of the same one twice.
        """
