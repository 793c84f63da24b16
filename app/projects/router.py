"""HTTP of projects."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from app.accounts.auth import Caller
from app.core.pagination import Listing, Paging
from app.core.problems import documented
from app.core.types import HostId
from app.projects.schemas import Project
from app.projects.service import ProjectService

router = APIRouter(prefix="/api/projects", tags=["projects"], responses=documented(401, 404))


async def _service(request: Request) -> ProjectService:
    service: ProjectService = request.app.state.projects
    return service


Projects = Annotated[ProjectService, Depends(_service)]


@router.get("")
async def list_projects(caller: Caller, projects: Projects, query: Paging) -> Listing[Project]:
    """The projects the caller reaches, by name."""
    found, next_cursor = await projects.projects(caller, query.page())
    return Listing(items=found, next_cursor=next_cursor)


@router.get("/{project_id}")
async def read_project(project_id: HostId, caller: Caller, projects: Projects) -> Project:
    """One project, if the caller reaches it."""
    return await projects.project(caller, project_id)
