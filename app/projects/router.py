"""HTTP of projects, and the sockets of their pages."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, WebSocket

from app.accounts.auth import Caller, require
from app.accounts.principal import Principal
from app.accounts.roles import Permission
from app.core.pagination import Listing, Paging
from app.core.problems import documented
from app.core.types import HostId
from app.projects.schemas import Project, ProjectPerson
from app.projects.service import ProjectService
from app.projects.socket import ProjectSockets

router = APIRouter(prefix="/api/projects", tags=["projects"], responses=documented(401, 404))


async def _service(request: Request) -> ProjectService:
    service: ProjectService = request.app.state.projects
    return service


Projects = Annotated[ProjectService, Depends(_service)]
Worker = Annotated[Principal, Depends(require(Permission.WORK))]


@router.get("")
async def list_projects(caller: Caller, projects: Projects, query: Paging) -> Listing[Project]:
    """The projects the caller reaches, by name."""
    found, next_cursor = await projects.projects(caller, query.page())
    return Listing(items=found, next_cursor=next_cursor)


@router.get("/{project_id}")
async def read_project(project_id: HostId, caller: Caller, projects: Projects) -> Project:
    """One project, if the caller reaches it."""
    return await projects.project(caller, project_id)


@router.get("/{project_id}/people", responses=documented(403))
async def list_people(project_id: HostId, caller: Worker, projects: Projects) -> list[ProjectPerson]:
    """Who has a part in the project and can sign in, by name: to choose from."""
    return await projects.people(caller, project_id)


@router.websocket("/ws")
async def projects_socket(websocket: WebSocket, caller: Caller) -> None:
    """What changes in the caller's projects, live."""
    sockets: ProjectSockets = websocket.app.state.project_sockets
    await sockets.serve_all(caller, websocket)


@router.websocket("/{project_id}/ws")
async def project_socket(project_id: HostId, websocket: WebSocket, caller: Caller) -> None:
    """What changes in one project, live."""
    sockets: ProjectSockets = websocket.app.state.project_sockets
    await sockets.serve(caller, project_id, websocket)
