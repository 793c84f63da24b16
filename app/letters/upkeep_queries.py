"""SQL of what is done with outboxes whether or not anything can be sent: what is overdue is found and ended."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, delete, exists, func, literal, not_, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from app.mail.models import Email
from app.notifications.models import EmailItem
from app.outbox.models import IS_OPEN, Queued, State


@dataclass(frozen=True, slots=True)
class Oldest:
    """Since when the row has not left that should have left first, its last fault, and the database's clock."""

    since: datetime
    error: str | None
    now: datetime

    @property
    def age(self) -> timedelta:
        return self.now - self.since


@dataclass(frozen=True, slots=True)
class GivenUp:
    """How many rows have died lately, and of what the latest did."""

    number: int
    error: str | None


async def oldest_due(connection: AsyncConnection, table: type[Queued]) -> Oldest | None:
    """What is due and not taken, or has failed ever since the last one was sent: a single bad address is neither."""
    now = func.statement_timestamp()
    due = select(table.due_at, table.error, now).where(_is_due(table)).order_by(table.due_at).limit(1)
    sent = aliased(table)
    last_left = select(func.max(sent.ended_at)).where(sent.state == State.SENT.value).scalar_subquery()
    failing = (
        select(table.failing_since, table.error, now)
        .where(text(IS_OPEN), table.failing_since >= func.coalesce(last_left, table.failing_since))
        .order_by(table.failing_since)
        .limit(1)
    )
    rows = [(await connection.execute(statement)).one_or_none() for statement in (due, failing)]
    return min((Oldest(*row) for row in rows if row is not None), key=lambda oldest: oldest.since, default=None)


async def given_up(connection: AsyncConnection, table: type[Queued], within: timedelta) -> GivenUp:
    """Those that have died within this time."""
    statement = (
        select(table.error, func.count().over())
        .where(table.state == State.DEAD.value, table.ended_at > _since(within))
        .order_by(table.ended_at.desc())
        .limit(1)
    )
    row = (await connection.execute(statement)).one_or_none()
    return GivenUp(0, None) if row is None else GivenUp(row[1], row[0])


async def end_overdue(
    connection: AsyncConnection, table: type[Queued], age: timedelta, reason: str, limit: int
) -> Counter[State]:
    """Ends due rows of which all is older than this; answers how many ended as what.

    Those that were tried are dead and keep their last fault; the others are not sent, for this reason.
    """
    is_over = and_(_is_due(table), _is_older(table, age))
    some = select(table.id).where(is_over).order_by(table.due_at).limit(limit).with_for_update(skip_locked=True)
    held: Sequence[UUID] = (await connection.execute(some)).scalars().all()
    was_tried = or_(table.attempts > 0, table.error.is_not(None))
    end = (
        update(table)
        # Looked at again now that they are held: something new may have joined one of them.
        .where(table.id.in_(held), is_over)
        .values(
            state=case((was_tried, State.DEAD.value), else_=State.NOT_SENT.value),
            error=case((was_tried, func.coalesce(table.error, reason)), else_=reason),
            generation=table.generation + 1,
            ended_at=func.clock_timestamp(),
        )
        .returning(table.state)
    )
    return Counter(State(state) for state in (await connection.execute(end)).scalars()) if held else Counter()


async def forget_old_items(connection: AsyncConnection, age: timedelta, limit: int) -> int:
    """Takes what is older than this out of e-mails that wait and have something newer: it is not told any more."""
    since = _since(age)
    newer = aliased(EmailItem)
    has_newer = exists().where(newer.email_id == EmailItem.email_id, newer.created_at >= since)
    old = (
        select(EmailItem.notification_id)
        .join(Email, Email.id == EmailItem.email_id)
        .where(Email.state == State.WAITING.value, Email.created_at < since, EmailItem.created_at < since, has_newer)
        .limit(limit)
        .with_for_update(skip_locked=True, of=EmailItem)
    )
    statement = delete(EmailItem).where(EmailItem.notification_id.in_(old)).returning(EmailItem.notification_id)
    return len((await connection.execute(statement)).all())


def _is_due(table: type[Queued]) -> ColumnElement[bool]:
    return and_(text(IS_OPEN), table.due_at <= func.statement_timestamp())


def _is_older(table: type[Queued], age: timedelta) -> ColumnElement[bool]:
    since = _since(age)
    is_older = table.created_at < since
    if table is not Email:
        return is_older
    has_newer = exists().where(EmailItem.email_id == Email.id, EmailItem.created_at >= since)
    return and_(is_older, not_(Email.is_forced), ~has_newer.correlate_except(EmailItem))


def _since(age: timedelta) -> ColumnElement[Any]:
    return func.statement_timestamp() - literal(age)
