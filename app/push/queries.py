"""All SQL of web push."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Text, bindparam, case, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.database import fetch
from app.core.types import HostId
from app.push.models import Push, PushSubscription


@dataclass(frozen=True, slots=True)
class Subscription:
    """A browser: where its push service takes messages, and by which keys they are encrypted for it.

    ``has_failed`` the last time; ``rest`` is how long it is not to be tried from now on, None if it may be.
    """

    id: UUID
    endpoint: str
    p256dh: str
    auth: str
    has_failed: bool
    rest: timedelta | None


@dataclass(frozen=True, slots=True)
class StoredSubscription:
    """Whose an endpoint is, and with which keys."""

    user_id: HostId
    p256dh: str
    auth: str


_NOW = func.clock_timestamp()
_REST = PushSubscription.rests_until - _NOW
_STILL_TO_REACH = (
    select(
        PushSubscription.id,
        PushSubscription.endpoint,
        PushSubscription.p256dh,
        PushSubscription.auth,
        PushSubscription.failures_since.is_not(None),
        case((PushSubscription.rests_until > _NOW, _REST)),
    )
    .join(Push, Push.recipient_id == PushSubscription.user_id)
    .where(Push.id == bindparam("push_id"), PushSubscription.id != func.all(Push.done_for))
    .order_by(PushSubscription.created_at, PushSubscription.id)
)


async def still_to_reach(connection: AsyncConnection, push_id: UUID) -> list[Subscription]:
    """The browsers that its recipient has now, without those for which this push is done."""
    return [Subscription(*row) for row in await fetch(connection, _STILL_TO_REACH, {"push_id": push_id})]


async def add_done(connection: AsyncConnection, push_id: UUID, subscription_ids: Sequence[UUID]) -> None:
    """Puts down that these need not be tried again, whoever tries next."""
    done = func.array_cat(Push.done_for, list(subscription_ids), type_=Push.done_for.type)
    await connection.execute(update(Push).where(Push.id == push_id).values(done_for=done))


async def delete_subscriptions(connection: AsyncConnection, subscription_ids: Sequence[UUID]) -> None:
    await connection.execute(delete(PushSubscription).where(PushSubscription.id.in_(subscription_ids)))


_SHORTEST_REST = timedelta(seconds=20)
_LONGEST_REST = timedelta(hours=1)
_MOST_FAILURES = timedelta(days=7)


async def put_down_failures(connection: AsyncConnection, failed: Sequence[UUID], silent: Sequence[UUID]) -> int:
    """These failed, of which the silent ones are left alone from now on: each time for as long as they have failed.

    Those that have failed for a week are deleted; answers how many. A browser that still is there asks for push again
    with its next page.
    """
    since = func.coalesce(PushSubscription.failures_since, _NOW)
    rest = func.least(func.greatest(_NOW - since, _SHORTEST_REST), _LONGEST_REST)
    until = case((PushSubscription.id.in_(silent), _NOW + rest))
    await _hold(connection, failed)
    await connection.execute(
        update(PushSubscription).where(PushSubscription.id.in_(failed)).values(failures_since=since, rests_until=until)
    )
    hopeless = PushSubscription.failures_since < _NOW - _MOST_FAILURES
    deleted = delete(PushSubscription).where(PushSubscription.id.in_(failed), hopeless)
    return (await connection.execute(deleted)).rowcount


async def put_down_successes(connection: AsyncConnection, subscription_ids: Sequence[UUID]) -> None:
    await _hold(connection, subscription_ids)
    statement = update(PushSubscription).where(PushSubscription.id.in_(subscription_ids))
    await connection.execute(statement.values(failures_since=None, rests_until=None))


async def _hold(connection: AsyncConnection, subscription_ids: Sequence[UUID]) -> None:
    """In one order: several pushes to one person end at the same time."""
    held = select(PushSubscription.id).where(PushSubscription.id.in_(subscription_ids))
    await connection.execute(held.order_by(PushSubscription.id).with_for_update())


async def subscription_at(connection: AsyncConnection, endpoint: str) -> StoredSubscription | None:
    statement = select(PushSubscription.user_id, PushSubscription.p256dh, PushSubscription.auth)
    row = (await connection.execute(statement.where(PushSubscription.endpoint == endpoint))).first()
    return StoredSubscription(*row) if row else None


_HOLD_PERSON = select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("person", type_=Text), 0)))


async def put_subscription(
    connection: AsyncConnection, user_id: HostId, endpoint: str, p256dh: str, auth: str, *, most: int
) -> None:
    """Makes the endpoint this person's, whosever it was. Of more than ``most`` the oldest go."""
    # One after the other: two at once would not count each other's.
    await fetch(connection, _HOLD_PERSON, {"person": f"push {user_id}"})
    theirs = {
        "user_id": user_id,
        "p256dh": p256dh,
        "auth": auth,
        "created_at": _NOW,
        "failures_since": None,
        "rests_until": None,
    }
    await connection.execute(
        insert(PushSubscription)
        .values(endpoint=endpoint, **theirs)
        .on_conflict_do_update(index_elements=[PushSubscription.endpoint], set_=theirs)
    )
    too_many = (
        select(PushSubscription.id)
        .where(PushSubscription.user_id == user_id)
        .order_by(PushSubscription.created_at.desc(), PushSubscription.id)
        .offset(most)
    )
    await connection.execute(delete(PushSubscription).where(PushSubscription.id.in_(too_many)))


async def delete_own(connection: AsyncConnection, user_id: HostId, endpoint: str) -> None:
    await connection.execute(
        delete(PushSubscription).where(PushSubscription.user_id == user_id, PushSubscription.endpoint == endpoint)
    )


async def delete_all_of(connection: AsyncConnection, user_id: HostId) -> None:
    """Ends push to all browsers of this person."""
    await connection.execute(delete(PushSubscription).where(PushSubscription.user_id == user_id))
