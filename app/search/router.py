"""HTTP of searching a project."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from app.accounts.auth import Caller
from app.core.pagination import Listing
from app.core.problems import documented
from app.core.types import HostId
from app.search.schemas import Found, SearchQuery
from app.search.service import SearchService

router = APIRouter(prefix="/api", tags=["search"], responses=documented(401, 404))


async def _service(request: Request) -> SearchService:
    service: SearchService = request.app.state.search
    return service


Searching = Annotated[SearchService, Depends(_service)]


@router.get("/projects/{project_id}/search")
async def search_project(
    project_id: HostId, caller: Caller, searching: Searching, query: Annotated[SearchQuery, Query()]
) -> Listing[Found]:
    """What the caller reaches of a project's messages, issues, tasks and files that has all words of `q`, newest first.

    Nothing in `q` is an operator; without a word in it, nothing is found.
    """
    items, next_cursor = await searching.search(caller, project_id, query.q, query.kind, query.page())
    return Listing(items=items, next_cursor=next_cursor)
