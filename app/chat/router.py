"""HTTP of rooms and messages, and the sockets of rooms."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response, WebSocket
from starlette.requests import HTTPConnection

from app.accounts.auth import Caller
from app.chat.schemas import Message, MessagesQuery, NewMessage, ReadMark, Room, RoomsQuery, RoomWithPeople
from app.chat.service import ChatService
from app.chat.socket import RoomSockets
from app.core.http import InDatabase
from app.core.pagination import Listing, Paging
from app.core.problems import documented
from app.core.types import HostId

router = APIRouter(prefix="/api", tags=["rooms"], responses=documented(401, 403, 404))


async def _service(connection: HTTPConnection) -> ChatService:
    service: ChatService = connection.app.state.chat
    return service


Chat = Annotated[ChatService, Depends(_service)]


@router.get("/rooms/{room_id}/messages")
async def list_messages(
    room_id: UUID, caller: Caller, chat: Chat, query: Annotated[MessagesQuery, Query()]
) -> Listing[Message]:
    """Messages of a room, newest first; `after` answers those that come next after a number."""
    items, next_cursor = await chat.messages(caller, room_id, query.page(), query.before, query.after)
    return Listing.model_construct(items=items, next_cursor=next_cursor)


@router.post("/rooms/{room_id}/messages", status_code=201, responses=documented(409) | {200: {"model": Message}})
async def post_message(room_id: UUID, new: NewMessage, caller: Caller, chat: Chat, response: Response) -> Message:
    """Writes a message with its files; the same one sent again is answered with 200, as it was written."""
    message, is_new = await chat.post(caller, room_id, new.id, new.body, new.file_ids)
    response.status_code = 201 if is_new else 200
    return message


@router.post("/rooms/{room_id}/read", status_code=204)
async def mark_read(room_id: UUID, mark: ReadMark, caller: Caller, chat: Chat, database: InDatabase) -> None:
    """Moves the caller's read mark, never backward."""
    async with database.transaction() as transaction:
        await chat.mark_read(transaction, caller, room_id, mark.up_to)


@router.post("/rooms/{room_id}/opened", status_code=204)
async def open_room(room_id: UUID, caller: Caller, chat: Chat, database: InDatabase) -> None:
    """The caller looks at the room: notifications about its messages become read, the read mark stays."""
    async with database.transaction() as transaction:
        await chat.open(transaction, caller, room_id)


@router.get("/rooms")
async def list_rooms(caller: Caller, chat: Chat, query: Annotated[RoomsQuery, Query()]) -> Listing[Room]:
    """The rooms the caller reaches, latest activity first."""
    items, next_cursor = await chat.rooms(caller, query.page(), query.q)
    return Listing(items=items, next_cursor=next_cursor)


@router.get("/rooms/{room_id}")
async def read_room(room_id: UUID, caller: Caller, chat: Chat) -> RoomWithPeople:
    """One room and its people."""
    return await chat.room(caller, room_id)


@router.get("/projects/{project_id}/rooms")
async def list_rooms_of_project(project_id: HostId, caller: Caller, chat: Chat, query: Paging) -> Listing[Room]:
    """The project's rooms that the caller reaches, latest activity first."""
    items, next_cursor = await chat.rooms_of(caller, project_id, query.page())
    return Listing(items=items, next_cursor=next_cursor)


@router.get("/messages/{message_id}")
async def read_message(message_id: UUID, caller: Caller, chat: Chat) -> Message:
    """One message, for links to it."""
    return await chat.message(caller, message_id)


@router.websocket("/rooms/{room_id}/ws")
async def room_socket(room_id: UUID, websocket: WebSocket, caller: Caller) -> None:
    """What happens in the room, live."""
    sockets: RoomSockets = websocket.app.state.room_sockets
    await sockets.serve(caller, room_id, websocket)
