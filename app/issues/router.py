"""HTTP of issues and requirements."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from app.accounts.auth import Caller, require
from app.accounts.principal import Principal
from app.accounts.roles import Permission
from app.core.http import IfMatch, etag
from app.core.pagination import Listing
from app.core.problems import documented
from app.core.types import HostId
from app.issues.schemas import Issue, IssuePatch, IssuesQuery, IssueWithHistory, NewIssue, ProjectIssuesQuery
from app.issues.service import IssueService

router = APIRouter(prefix="/api", tags=["issues"], responses=documented(401, 403, 404))


async def _service(request: Request) -> IssueService:
    service: IssueService = request.app.state.issues
    return service


Issues = Annotated[IssueService, Depends(_service)]
Raiser = Annotated[Principal, Depends(require(Permission.RAISE_ISSUES))]


@router.get("/rooms/{room_id}/issues")
async def list_issues_of_room(
    room_id: UUID, caller: Caller, issues: Issues, query: Annotated[IssuesQuery, Query()]
) -> Listing[Issue]:
    """The issues and requirements of a room, newest first."""
    items, next_cursor = await issues.issues_of_room(caller, room_id, query.page(), query.filters())
    return Listing.model_construct(items=items, next_cursor=next_cursor)


@router.post("/rooms/{room_id}/issues", status_code=201, responses=documented(409) | {200: {"model": Issue}})
async def create_issue(room_id: UUID, new: NewIssue, caller: Raiser, issues: Issues, response: Response) -> Issue:
    """Raises an issue or a requirement; the same one sent again is answered with 200, as it is."""
    issue, is_new = await issues.create(caller, room_id, new)
    response.status_code = 201 if is_new else 200
    response.headers["ETag"] = etag(issue.version)
    return issue


@router.get("/projects/{project_id}/issues")
async def list_issues_of_project(
    project_id: HostId, caller: Caller, issues: Issues, query: Annotated[ProjectIssuesQuery, Query()]
) -> Listing[Issue]:
    """The issues and requirements of the project's rooms that the caller reaches, newest first."""
    items, next_cursor = await issues.issues_of_project(caller, project_id, query.page(), query.filters())
    return Listing.model_construct(items=items, next_cursor=next_cursor)


@router.get("/issues/{issue_id}")
async def read_issue(issue_id: UUID, caller: Caller, issues: Issues, response: Response) -> IssueWithHistory:
    """One issue with its files, and how its status has changed."""
    issue = await issues.issue(caller, issue_id)
    response.headers["ETag"] = etag(issue.version)
    return issue


@router.patch("/issues/{issue_id}", responses=documented(409))
async def change_issue(
    issue_id: UUID, patch: IssuePatch, caller: Caller, issues: Issues, seen: IfMatch, response: Response
) -> IssueWithHistory:
    """Changes what is given: its author the text while it is open, the team its status.

    With `If-Match`, what somebody else has changed meanwhile is answered with 409, `current` and `changes`.
    """
    issue = await issues.change(caller, issue_id, patch, seen)
    response.headers["ETag"] = etag(issue.version)
    return issue
