"""Tasks: what is to be done in a project, and how far it is."""

from collections.abc import Sequence

from app.core.database import Database
from app.core.types import HostId
from app.projects.schemas import Progress
from app.tasks import queries


async def progress_by_project(database: Database, project_ids: Sequence[HostId]) -> dict[HostId, Progress]:
    """How far each of these projects is; those without tasks are left out."""
    async with database.reading() as connection:
        found = await queries.progress(connection, project_ids)
    return {project_id: Progress(done=done, total=total) for project_id, (done, total) in found.items()}
