"""HTTP of projects and members for admins."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from app.accounts.administrator import Administrator
from app.core.http import InDatabase
from app.core.pagination import Listing, Paging
from app.core.problems import documented
from app.core.types import HostId
from app.projects.admin import ProjectAdministration
from app.projects.admin_schemas import HostUser, Member, Part, ProjectFigures, SearchQuery

router = APIRouter(prefix="/api/admin", tags=["admin"], responses=documented(401, 403))


async def _service(request: Request) -> ProjectAdministration:
    service: ProjectAdministration = request.app.state.project_administration
    return service


Projects = Annotated[ProjectAdministration, Depends(_service)]
Searching = Annotated[SearchQuery, Query()]


@router.get("/users")
async def list_users(_: Administrator, projects: Projects, query: Searching) -> Listing[HostUser]:
    """Users of the host who have no account yet, by id; `q` is a part of the id."""
    items, next_cursor = await projects.users_without_account(query.page(), query.q)
    return Listing(items=items, next_cursor=next_cursor)


@router.get("/projects")
async def list_projects(_: Administrator, projects: Projects, query: Searching) -> Listing[ProjectFigures]:
    """All projects by name; `q` is a part of the name or the id."""
    items, next_cursor = await projects.projects(query.page(), query.q)
    return Listing(items=items, next_cursor=next_cursor)


@router.get("/projects/{project_id}/members", responses=documented(404))
async def list_members(project_id: HostId, _: Administrator, projects: Projects, query: Paging) -> Listing[Member]:
    """A project's members by name."""
    items, next_cursor = await projects.members(project_id, query.page())
    return Listing(items=items, next_cursor=next_cursor)


@router.put("/projects/{project_id}/members/{user_id}", status_code=204, responses=documented(404))
async def put_member(
    project_id: HostId, user_id: HostId, part: Part, admin: Administrator, projects: Projects, database: InDatabase
) -> None:
    """Puts a user into a project, or changes their part in it; a client gets a room."""
    async with database.transaction() as transaction:
        await projects.put_member(transaction, admin, project_id, user_id, part.role)


@router.delete("/projects/{project_id}/members/{user_id}", status_code=204, responses=documented(404, 409))
async def remove_member(
    project_id: HostId, user_id: HostId, admin: Administrator, projects: Projects, database: InDatabase
) -> None:
    """Takes a user out of a project, whose rooms stay."""
    async with database.transaction() as transaction:
        await projects.remove_member(transaction, admin, project_id, user_id)
