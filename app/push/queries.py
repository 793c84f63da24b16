"""All SQL of web push."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Text, bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.database import fetch
from app.core.types import HostId
from app.push.models import Push, PushSubscription


@dataclass(frozen=True, slots=True)
class Subscription:
    """A browser: where its push service takes messages, and by which keys they are encrypted for it."""

    id: UUID
    endpoint: str
    p256dh: str
    auth: str


@dataclass(frozen=True, slots=True)
class StoredSubscription:
    """Whose an endpoint is, and with which keys."""

    user_id: HostId
    p256dh: str
    auth: str


_STILL_TO_REACH = (
    select(PushSubscription.id, PushSubscription.endpoint, PushSubscription.p256dh, PushSubscription.auth)
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
    theirs = {"user_id": user_id, "p256dh": p256dh, "auth": auth, "created_at": func.clock_timestamp()}
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
