"""All SQL of outboxes, whatever they hold."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Integer,
    Interval,
    TableValuedAlias,
    Text,
    Uuid,
    and_,
    bindparam,
    case,
    column,
    delete,
    func,
    literal_column,
    null,
    select,
    text,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeEngine

from app.core.database import ReturnsRows, fetch
from app.core.types import TIMESTAMP
from app.outbox.models import IS_OPEN, OPEN, Queued, State

Table = type[Queued]
Statement = TypeVar("Statement")


def _once(build: Callable[[Table], Statement]) -> Callable[[Table], Statement]:
    """Builds the statement once for each table."""
    built: dict[Table, Statement] = {}

    @wraps(build)
    def once(table: Table) -> Statement:
        if table not in built:
            built[table] = build(table)
        return built[table]

    return once


_NOW = func.clock_timestamp()
_ENDED = ", ".join(repr(state.value) for state in State if state not in OPEN)


@dataclass(frozen=True, slots=True)
class Due:
    """A row that is due, and what the database's clock says."""

    id: UUID
    attempts: int
    due_at: datetime
    now: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a row that was being sent. It is due again at ``due_at``, or so long ``after`` now."""

    id: UUID
    generation: int
    state: State
    attempts: int
    error: str | None = None
    due_at: datetime | None = None
    after: timedelta | None = None

    @property
    def is_given_back(self) -> bool:
        """Whether it was not tried at all."""
        return self.due_at is not None


_HELD_FOR = "5s"
_HELD_ALTOGETHER = "10s"
_LIMITS = select(
    func.set_config("idle_in_transaction_session_timeout", bindparam("within", type_=Text), true()),
    func.set_config("statement_timeout", bindparam("within", type_=Text), true()),
    # The two above do not see who falls silent between the parts of one statement. New in Postgres 17.
    case(
        (
            func.current_setting("server_version_num").cast(Integer) >= 170000,
            func.set_config("transaction_timeout", bindparam("altogether", type_=Text), true()),
        )
    ),
)


async def hold_briefly(connection: AsyncConnection) -> None:
    """Has the server end this transaction when we ask nothing for some seconds, or when one statement takes as long.

    People's posts join e-mails: they would wait for as long as a process is frozen that holds them.
    """
    await fetch(connection, _LIMITS, {"within": _HELD_FOR, "altogether": _HELD_ALTOGETHER})


async def hold_due(connection: AsyncConnection, table: Table, limit: int) -> list[Due]:
    """Locks rows that are due and that nobody else holds, the longest due first."""
    return [Due(*row) for row in await fetch(connection, _hold_due(table), {"rows": limit})]


@_once
def _hold_due(table: Table) -> ReturnsRows:
    return (
        select(table.id, table.attempts, table.due_at, _NOW)
        # Literals, and a clock that stands still: an index could not be used otherwise.
        .where(text(IS_OPEN), table.due_at <= func.statement_timestamp())
        .order_by(table.due_at)
        .limit(bindparam("rows", type_=Integer))
        .with_for_update(skip_locked=True)
    )


async def begin(
    connection: AsyncConnection, table: Table, rows: Mapping[UUID, str | None], lease: timedelta
) -> dict[UUID, int]:
    """One more attempt at each of these rows that are due, to these addresses; answers their new generations."""
    parameters = {"id": list(rows), "address": list(rows.values()), "lease": lease}
    return dict(await fetch(connection, _begin(table), parameters))


@_once
def _begin(table: Table) -> ReturnsRows:
    given = _rows(id=Uuid(), address=Text())
    address = {"address": given.c.address} if hasattr(table, "address") else {}
    return (
        update(table)
        .where(table.id == given.c.id, text(IS_OPEN), table.due_at <= func.statement_timestamp())
        .values(
            state=literal_column(repr(State.SENDING.value)),
            generation=table.generation + 1,
            attempts=table.attempts + 1,
            due_at=_NOW + bindparam("lease", type_=Interval),
            **address,
        )
        .returning(table.id, table.generation)
    )


async def put_off(connection: AsyncConnection, table: Table, rows: Mapping[UUID, datetime]) -> None:
    """These rows are looked at again then. What is waiting goes on waiting, so that more may join it."""
    await fetch(connection, _put_off(table), {"id": list(rows), "due_at": list(rows.values())})


@_once
def _put_off(table: Table) -> ReturnsRows:
    given = _rows(id=Uuid(), due_at=TIMESTAMP)
    state = case((table.state == State.WAITING, State.WAITING), else_=State.RETRYING)
    return update(table).where(table.id == given.c.id).values(state=state, due_at=given.c.due_at).returning(table.id)


async def give_up(
    connection: AsyncConnection, table: Table, reasons: Mapping[UUID, str], too_late: Collection[UUID] = ()
) -> list[State]:
    """These rows are not sent, for these reasons; those that failed before and are too late now are dead of that.

    Answers the states they have ended in.
    """
    is_late = [id_ in too_late for id_ in reasons]
    parameters = {"id": list(reasons), "error": list(reasons.values()), "is_late": is_late}
    return [State(row[0]) for row in await fetch(connection, _give_up(table), parameters)]


@_once
def _give_up(table: Table) -> ReturnsRows:
    given = _rows(id=Uuid(), error=Text(), is_late=Boolean())
    has_failed = and_(given.c.is_late, table.error.is_not(None))
    return (
        update(table)
        .where(table.id == given.c.id)
        .values(
            state=case((has_failed, State.DEAD), else_=State.NOT_SENT),
            error=case((has_failed, table.error), else_=given.c.error),
            ended_at=_NOW,
        )
        .returning(table.state)
    )


async def put_down(connection: AsyncConnection, table: Table, outcomes: Sequence[Outcome]) -> set[UUID]:
    """Writes what became of rows, unless somebody else has them by now; answers which were written."""
    # In one order: of two that write the same rows none waits for the other in a circle.
    ordered = sorted(outcomes, key=lambda outcome: outcome.id)
    parameters = {
        "id": [outcome.id for outcome in ordered],
        "generation": [outcome.generation for outcome in ordered],
        "state": [outcome.state.value for outcome in ordered],
        "attempts": [outcome.attempts for outcome in ordered],
        "error": [outcome.error for outcome in ordered],
        "due_at": [outcome.due_at for outcome in ordered],
        "after": [outcome.after for outcome in ordered],
    }
    return {row[0] for row in await fetch(connection, _put_down(table), parameters)}


@_once
def _put_down(table: Table) -> ReturnsRows:
    given = _rows(
        id=Uuid(),
        generation=Integer(),
        state=Text(),
        attempts=Integer(),
        error=Text(),
        due_at=TIMESTAMP,
        after=Interval(),
    )
    is_open = given.c.state == State.RETRYING
    return (
        update(table)
        .where(
            table.id == given.c.id,
            table.generation == given.c.generation,
            table.state == literal_column(repr(State.SENDING.value)),
        )
        .values(
            state=given.c.state,
            attempts=given.c.attempts,
            # What is given back untried keeps its last fault.
            error=case((is_open, func.coalesce(given.c.error, table.error)), else_=given.c.error),
            failing_since=func.coalesce(table.failing_since, case((given.c.error.is_not(None), _NOW))),
            due_at=func.coalesce(given.c.due_at, _NOW + given.c.after, table.due_at),
            ended_at=case((is_open, null()), else_=_NOW),
        )
        .returning(table.id)
    )


async def delete_old(connection: AsyncConnection, table: Table, age: timedelta, limit: int) -> int:
    """Deletes rows that have ended so long ago; answers how many."""
    return len(await fetch(connection, _delete_old(table), {"age": age, "rows": limit}))


@_once
def _delete_old(table: Table) -> Any:
    since = func.statement_timestamp() - bindparam("age", type_=Interval)
    old = (
        select(table.id)
        # No row has ended before it was made: that finds them by the index.
        .where(table.created_at < since, table.ended_at < since, text(f"state IN ({_ENDED})"))
        .order_by(table.created_at)
        .limit(bindparam("rows", type_=Integer))
        .with_for_update(skip_locked=True)
    )
    return delete(table).where(table.id.in_(old.scalar_subquery())).returning(table.id)


def _rows(**columns: TypeEngine[Any]) -> TableValuedAlias:
    """Rows given as one array a column; the parameters are named as they are."""
    arrays = [bindparam(name, type_=ARRAY(type_)) for name, type_ in columns.items()]
    return (
        func.unnest(*arrays)
        .table_valued(*(column(name, type_) for name, type_ in columns.items()), name="given")
        .render_derived()
    )
