"""HTTP of the own notifications, and their stream."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, WebSocket
from fastapi.responses import Response

from app.accounts.auth import Caller, require_scope
from app.accounts.principal import Principal
from app.accounts.roles import STREAM_SCOPE
from app.core.http import InDatabase
from app.core.pagination import Listing
from app.core.problems import documented
from app.notifications.items import NotificationItem
from app.notifications.schemas import NotificationsQuery, SeenSource, UnreadCount
from app.notifications.service import NotificationService
from app.notifications.stream import NotificationStreams
from app.presence import visibility

router = APIRouter(prefix="/api/notifications", tags=["notifications"], responses=documented(401, 403, 404))


async def _service(request: Request) -> NotificationService:
    service: NotificationService = request.app.state.notifications
    return service


Notifications = Annotated[NotificationService, Depends(_service)]
StreamCaller = Annotated[Principal, Depends(require_scope(STREAM_SCOPE))]


@router.get("")
async def list_notifications(
    caller: Caller, notifications: Notifications, query: Annotated[NotificationsQuery, Query()]
) -> Listing[NotificationItem]:
    """The caller's notifications, newest first."""
    items, next_cursor = await notifications.list_notifications(caller, query.page(), query.filters())
    return Listing.model_construct(items=items, next_cursor=next_cursor)


@router.get("/unread_count")
async def unread_count(caller: Caller, notifications: Notifications) -> UnreadCount:
    """How many of the caller's notifications are unread."""
    return UnreadCount.model_construct(count=await notifications.unread_count(caller.user_id))


@router.post("/read_all", status_code=204)
async def mark_all_read(caller: Caller, notifications: Notifications) -> None:
    """Marks every notification of the caller as read."""
    await notifications.mark_all_read(caller)


@router.post("/read_about", status_code=204)
async def mark_read_about(
    source: SeenSource, caller: Caller, notifications: Notifications, database: InDatabase
) -> None:
    """The caller looks at the thing itself: what they were told about it becomes read, if there is anything."""
    async with database.transaction() as transaction:
        await notifications.mark_read_about_one(transaction, caller, source.source_kind, source.source_id)


@router.post("/visible", status_code=204)
async def show(caller: Caller, database: InDatabase) -> None:
    """The caller has a page with live updates before them, for the next 60 s: what comes in, they see."""
    async with database.transaction() as transaction:
        await visibility.show(transaction, caller.user_id)


@router.delete("/visible", status_code=204)
async def hide(caller: Caller, database: InDatabase) -> None:
    """They have not any more."""
    async with database.transaction() as transaction:
        await visibility.hide(transaction, caller.user_id)


@router.post("/{notification_id}/read", status_code=204)
async def mark_read(notification_id: UUID, caller: Caller, notifications: Notifications, database: InDatabase) -> None:
    """Marks one of the caller's notifications as read; again is without effect."""
    async with database.transaction() as transaction:
        await notifications.mark_read(transaction, caller, notification_id)


@router.get(
    "/stream",
    response_class=Response,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def stream(caller: StreamCaller, request: Request) -> Response:
    """Server-sent events: `ready`, `notification`, `read`, `reset`, `bye`, as docs/api.md describes them."""
    streams: NotificationStreams = request.app.state.notification_streams
    return await streams.open(caller)


@router.websocket("/ws")
async def socket(websocket: WebSocket, caller: StreamCaller) -> None:
    """The frames of the stream over a WebSocket."""
    streams: NotificationStreams = websocket.app.state.notification_streams
    await streams.serve(caller, websocket)
