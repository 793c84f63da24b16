"""HTTP of tasks and approvals."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from app.accounts.auth import Caller, require
from app.accounts.principal import Principal
from app.accounts.roles import Permission
from app.core.http import IfMatch, InDatabase, etag
from app.core.pagination import Listing
from app.core.problems import documented
from app.core.types import HostId
from app.tasks.approvals import ApprovalService
from app.tasks.schemas import Approval, ApprovalDecision, NewApproval, NewTask, Task, TaskChange, TasksQuery
from app.tasks.service import TaskService

router = APIRouter(prefix="/api", tags=["tasks"], responses=documented(401, 403, 404))


async def _tasks(request: Request) -> TaskService:
    service: TaskService = request.app.state.tasks
    return service


async def _approvals(request: Request) -> ApprovalService:
    service: ApprovalService = request.app.state.approvals
    return service


Tasks = Annotated[TaskService, Depends(_tasks)]
Approvals = Annotated[ApprovalService, Depends(_approvals)]
Worker = Annotated[Principal, Depends(require(Permission.WORK))]
Approver = Annotated[Principal, Depends(require(Permission.APPROVE))]


@router.get("/projects/{project_id}/tasks")
async def list_tasks(
    project_id: HostId, caller: Caller, tasks: Tasks, query: Annotated[TasksQuery, Query()]
) -> Listing[Task]:
    """The project's tasks in their order."""
    items, next_cursor = await tasks.tasks(caller, project_id, query.page(), query.filters())
    return Listing.model_construct(items=items, next_cursor=next_cursor)


@router.post("/projects/{project_id}/tasks", status_code=201, responses=documented(409) | {200: {"model": Task}})
async def create_task(project_id: HostId, new: NewTask, caller: Worker, tasks: Tasks, response: Response) -> Task:
    """Adds a task at the end of the list; the same one sent again is answered with 200, as it is."""
    task, is_new = await tasks.create(caller, project_id, new)
    response.status_code = 201 if is_new else 200
    response.headers["ETag"] = etag(task.version)
    return task


@router.get("/tasks/{task_id}")
async def read_task(task_id: UUID, caller: Caller, tasks: Tasks, response: Response) -> Task:
    """One task, and all requests to approve it that the caller reaches."""
    task = await tasks.task(caller, task_id)
    response.headers["ETag"] = etag(task.version)
    return task


@router.patch("/tasks/{task_id}", responses=documented(409))
async def change_task(
    task_id: UUID,
    change: TaskChange,
    caller: Worker,
    tasks: Tasks,
    database: InDatabase,
    *,
    seen: IfMatch,
    response: Response,
) -> Task:
    """Changes what is given, and moves the task behind another.

    With `If-Match`, what somebody else has changed meanwhile is answered with 409, `current` and `changes`; a move
    alone is never refused for that.
    """
    async with database.transaction() as transaction:
        task = await tasks.change(transaction, caller, task_id, change, seen)
    response.headers["ETag"] = etag(task.version)
    return task


@router.delete("/tasks/{task_id}", status_code=204, responses=documented(409))
async def delete_task(task_id: UUID, caller: Worker, tasks: Tasks, database: InDatabase) -> None:
    """Deletes a task that no client was ever asked to approve."""
    async with database.transaction() as transaction:
        await tasks.delete(transaction, caller, task_id)


@router.post("/tasks/{task_id}/approvals", status_code=201, responses=documented(409) | {200: {"model": Approval}})
async def request_approval(
    task_id: UUID, new: NewApproval, caller: Worker, approvals: Approvals, response: Response
) -> Approval:
    """A developer of the project, or an admin, asks a client to approve the task as it is now.

    The same request sent again is answered with 200, as it is.
    """
    approval, is_new = await approvals.request(caller, task_id, new)
    response.status_code = 201 if is_new else 200
    return approval


@router.get("/approvals/{approval_id}")
async def read_approval(approval_id: UUID, caller: Caller, approvals: Approvals) -> Approval:
    """One request to approve a task, and what the client said."""
    return await approvals.approval(caller, approval_id)


@router.post("/approvals/{approval_id}/decision", responses=documented(409))
async def decide(
    approval_id: UUID, said: ApprovalDecision, caller: Approver, approvals: Approvals, database: InDatabase
) -> Approval:
    """The client, or an admin for them, approves or asks for changes; once."""
    async with database.transaction() as transaction:
        return await approvals.decide(transaction, caller, approval_id, said)
