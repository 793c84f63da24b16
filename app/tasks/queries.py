"""All SQL of tasks and approvals."""

from collections.abc import Sequence

from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.database import fetch
from app.core.types import HOST_ID, HostId
from app.tasks.models import Task

_PROGRESS = (
    select(Task.project_id, func.count().filter(Task.status == "done"), func.count())
    .where(Task.project_id == func.any(bindparam("project_ids", type_=ARRAY(HOST_ID))))
    .group_by(Task.project_id)
)


async def progress(connection: AsyncConnection, project_ids: Sequence[HostId]) -> dict[HostId, tuple[int, int]]:
    """Of each project's tasks, how many are done and how many there are; projects without any are left out."""
    rows = await fetch(connection, _PROGRESS, {"project_ids": project_ids})
    return {row[0]: (row[1], row[2]) for row in rows}
