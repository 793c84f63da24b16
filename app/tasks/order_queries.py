"""All SQL of the order of tasks: a place among the others is a number, and whoever gives one holds the order."""

from typing import Any
from uuid import UUID

from sqlalchemy import Numeric, Select, Text, Uuid, bindparam, case, cast, func, or_, select, update
from sqlalchemy import and_ as all_of
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from app.core.database import fetch
from app.core.types import HOST_ID, HostId
from app.tasks.models import Task
from app.tasks.queries import StoredTask

_TASK_ID = bindparam("task_id", type_=Uuid)

_HOLD_ORDER = select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("key", type_=Text), 0)))


async def hold_order(connection: AsyncConnection, project_id: HostId) -> None:
    """Nobody else adds or moves a task of the project until the transaction ends. Before any of its rows is held."""
    await fetch(connection, _HOLD_ORDER, {"key": f"client_portal.tasks {project_id}"})


# A place between two neighbours is exact, and has a digit more than either: after so many, all are numbered anew.
_MOST_DIGITS = 100

_Neighbour = aliased(Task)
_others = all_of(_Neighbour.project_id == Task.project_id, _Neighbour.id != Task.id)
_before = bindparam("before", type_=Numeric)
_first = select(func.floor(func.min(_Neighbour.position)) - 1).where(_others)
_next = select(func.min(_Neighbour.position)).where(_others, _Neighbour.position > _before)


def _place_before_all() -> Select[*tuple[Any, ...]]:
    place = func.coalesce(_first.correlate(Task).scalar_subquery(), Task.position)
    return select(place).where(Task.id == _TASK_ID)


def _place_behind() -> Select[*tuple[Any, ...]]:
    following = _next.correlate(Task).scalar_subquery()
    is_there = all_of(Task.position > _before, or_(following.is_(None), Task.position < following))
    # Multiplied and not divided: a quotient would be rounded.
    between = func.coalesce((_before + following) * cast("0.5", Numeric), func.floor(_before) + 1)
    return select(case((is_there, Task.position), else_=between)).where(Task.id == _TASK_ID)


_BEFORE_ALL, _BEHIND = _place_before_all(), _place_behind()
_PLACE = select(Task.position).where(Task.id == _TASK_ID, Task.project_id == bindparam("project_id", type_=HOST_ID))


async def move_task(connection: AsyncConnection, task: StoredTask, after_id: UUID | None) -> bool:
    """Puts a held task behind another of its project, whose order is held, or before all.

    False when there is no such other task.
    """
    parameters: dict[str, Any] = {"task_id": task.id}
    if after_id is not None:
        found = await fetch(connection, _PLACE, {"task_id": after_id, "project_id": task.project_id})
        if not found or after_id == task.id:
            return False
        parameters["before"] = found[0][0]
    ((position,),) = await fetch(connection, _BEFORE_ALL if after_id is None else _BEHIND, parameters)
    if position != task.position:
        await connection.execute(update(Task).where(Task.id == task.id).values(position=position))
    if -position.as_tuple().exponent > _MOST_DIGITS:
        await _number_anew(connection, task.project_id)
    return True


async def _number_anew(connection: AsyncConnection, project_id: HostId) -> None:
    order = func.row_number().over(order_by=(Task.position, Task.id)).label("position")
    numbered = select(Task.id, order).where(Task.project_id == project_id).subquery()
    statement = update(Task).where(Task.id == numbered.c.id).values(position=numbered.c.position)
    await connection.execute(statement)
