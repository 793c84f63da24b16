"""HTTP of files."""

import re
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from app.accounts.auth import Caller
from app.core.errors import NotFound
from app.core.pagination import Listing, Paging
from app.core.problems import documented
from app.core.types import HostId
from app.files.downloads import Asked, Downloads
from app.files.intake import Intake
from app.files.schemas import File, FilesQuery, UploadQuery, file_on_wire
from app.files.service import FileService
from app.files.uploads import Uploads

router = APIRouter(prefix="/api", tags=["files"], responses=documented(401, 404))

LARGE_BODIES = re.compile(r"/api/rooms/[^/]+/files")
"""Addresses whose bodies this feature limits by itself, while they flow."""

_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            }
        },
    }
}
_NOT_CHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "Not changed"}}
_BYTES: dict[int | str, dict[str, Any]] = {
    200: {"content": {"*/*": {}}, "description": "The bytes, of whatever type the file has"},
    206: {"content": {"*/*": {}}, "description": "A part of the bytes"},
}
_THUMBNAIL: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/webp": {}}, "description": "The bytes"},
}


async def _service(request: Request) -> FileService:
    service: FileService = request.app.state.files
    return service


async def _uploads(request: Request) -> Uploads:
    uploads: Uploads = request.app.state.uploads
    return uploads


async def _downloads(request: Request) -> Downloads:
    downloads: Downloads = request.app.state.downloads
    return downloads


Files = Annotated[FileService, Depends(_service)]
Sent = Annotated[Downloads, Depends(_downloads)]


@router.post(
    "/rooms/{room_id}/files",
    status_code=201,
    openapi_extra=_FORM,
    responses=documented(408, 409, 413, 415, 429, 503) | {200: {"model": File}},
)
async def upload_file(
    room_id: UUID,
    caller: Caller,
    query: Annotated[UploadQuery, Query()],
    uploads: Annotated[Uploads, Depends(_uploads)],
    request: Request,
    response: Response,
) -> File:
    """Takes one file, the part `file` of a multipart form; the same one sent again is answered with 200."""
    intake = Intake(request, request.app.state.settings.max_file_mb * 2**20)
    file, is_new = await uploads.upload(caller, room_id, query.id, intake, is_draft=query.draft)
    response.status_code = 201 if is_new else 200
    return file


@router.get("/rooms/{room_id}/files")
async def list_files(room_id: UUID, caller: Caller, files: Files, query: Paging) -> Listing[File]:
    """The room's shared files, newest first."""
    items, next_cursor = await files.files_of_room(caller, room_id, query.page())
    return Listing.model_construct(items=items, next_cursor=next_cursor)


@router.get("/projects/{project_id}/files")
async def list_files_of_project(
    project_id: HostId, caller: Caller, files: Files, query: Annotated[FilesQuery, Query()]
) -> Listing[File]:
    """Shared files of the project's rooms that the caller reaches, newest first."""
    items, next_cursor = await files.files_of_project(caller, project_id, query.page(), query.room_id)
    return Listing.model_construct(items=items, next_cursor=next_cursor)


_DOWNLOAD = _BYTES | _NOT_CHANGED | documented(410, 416)


@router.head("/files/{file_id}", response_class=Response, responses=_DOWNLOAD)
@router.get("/files/{file_id}", response_class=Response, responses=_DOWNLOAD)
async def download_file(
    file_id: UUID, caller: Caller, files: Files, sent: Sent, request: Request, download: bool = False
) -> Response:
    """The file's bytes, or the part that `Range` names; `download` keeps the browser from showing it."""
    found = await files.find(caller, file_id)
    return await sent.answer(found, Asked(request.method, request.headers, download))


@router.get("/files/{file_id}/thumbnail", response_class=Response, responses=_THUMBNAIL | _NOT_CHANGED)
async def read_thumbnail(file_id: UUID, caller: Caller, files: Files, sent: Sent, request: Request) -> Response:
    """A small form of a picture, as WebP."""
    found = await files.find(caller, file_id)
    if not found.has_thumbnail:
        raise NotFound
    return await sent.thumbnail(found, Asked(request.method, request.headers))


@router.get("/files/{file_id}/meta")
async def read_file(file_id: UUID, caller: Caller, files: Files) -> File:
    """What is known of a file."""
    return file_on_wire(await files.find(caller, file_id))


@router.delete("/files/{file_id}", status_code=204, responses=documented(409))
async def delete_draft(file_id: UUID, caller: Caller, files: Files) -> None:
    """Throws away a draft of the caller's own."""
    await files.delete_draft(caller, file_id)
