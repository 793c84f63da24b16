"""The test-notify endpoints: they simulate what a client does, until the client's side exists."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel

from app.accounts.auth import require
from app.accounts.principal import Principal
from app.accounts.roles import Permission
from app.core.database import Transaction
from app.core.http import InDatabase
from app.core.problems import documented
from app.core.types import Body, HostId, Title
from app.notifications.events import Event, title_of
from app.notifications.service import NotificationService
from app.preferences.event_types import EventType
from app.projects.service import ProjectService

router = APIRouter(prefix="/api/testnotify", tags=["testnotify"], responses=documented(401, 403, 404))


class SimulatedIssue(BaseModel):
    project_id: HostId
    issue_id: UUID
    message: Title


class SimulatedMessage(BaseModel):
    project_id: HostId
    message_id: UUID
    snippet: Body


Simulator = Annotated[Principal, Depends(require(Permission.SIMULATE_EVENTS))]


@router.post("/issue", status_code=204)
async def simulate_issue(issue: SimulatedIssue, caller: Simulator, request: Request, database: InDatabase) -> None:
    """Tells the project's people as if a client had created this issue; ``message`` becomes the title."""
    event = Event(
        type=EventType.ISSUE_CREATED, project_id=issue.project_id, source_id=issue.issue_id, title=issue.message
    )
    async with database.transaction() as transaction:
        await _project_name(request, transaction, caller, issue.project_id)
        await _notifications(request).notify(transaction, event)


@router.post("/message", status_code=204)
async def simulate_message(
    message: SimulatedMessage, caller: Simulator, request: Request, database: InDatabase
) -> None:
    """Tells the project's people as if a client had posted this message; ``snippet`` becomes the body."""
    async with database.transaction() as transaction:
        name = await _project_name(request, transaction, caller, message.project_id)
        event = Event(
            type=EventType.MESSAGE_POSTED,
            project_id=message.project_id,
            source_id=message.message_id,
            title=title_of(f"New message in {name}", "New message"),
            body=message.snippet,
        )
        await _notifications(request).notify(transaction, event)


async def _project_name(request: Request, transaction: Transaction, caller: Principal, project_id: HostId) -> str:
    projects: ProjectService = request.app.state.projects
    return (await projects.find(transaction.connection, caller, project_id)).name


def _notifications(request: Request) -> NotificationService:
    notifications: NotificationService = request.app.state.notifications
    return notifications
