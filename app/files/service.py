"""Files as people see them: lists, one of them, drafts that are thrown away."""

from uuid import UUID

from app.accounts.principal import Principal
from app.core.database import Database
from app.core.errors import Conflict, NotFound
from app.core.pagination import Cursor, Page, cut
from app.core.types import HostId
from app.files import queries, sweep_queries, upload_queries
from app.files.bytes import remove
from app.files.queries import StoredFile
from app.files.schemas import FileItem, file_on_wire
from app.projects.service import ProjectService
from app.storage.store import Storage


class FileService:
    """Reads through what the actor reaches."""

    def __init__(self, database: Database, projects: ProjectService, storage: Storage) -> None:
        self._database = database
        self._projects = projects
        self._storage = storage

    async def find(self, actor: Principal, file_id: UUID) -> StoredFile:
        """The file; raises ``NotFound`` if the actor does not see it."""
        async with self._database.reading() as connection:
            found = await queries.file(connection, actor, file_id)
        if found is None:
            raise NotFound
        return found

    async def files_of_room(self, actor: Principal, room_id: UUID, page: Page) -> tuple[list[FileItem], str | None]:
        """One page of a room's shared files, newest first; raises ``NotFound`` out of reach."""
        async with self._database.reading() as connection:
            if await upload_queries.place(connection, actor, room_id) is None:
                raise NotFound
        return await self._files(actor, page, {"room_id": room_id})

    async def files_of_project(
        self, actor: Principal, project_id: HostId, page: Page, room_id: UUID | None
    ) -> tuple[list[FileItem], str | None]:
        """One page of the shared files of a project's rooms in reach; raises ``NotFound`` if the project is not."""
        async with self._database.reading() as connection:
            await self._projects.find(connection, actor, project_id)
        filters = {"project_id": project_id} | ({} if room_id is None else {"room_id": room_id})
        return await self._files(actor, page, filters)

    async def delete_draft(self, actor: Principal, file_id: UUID) -> None:
        """Throws away a draft of the actor's own; raises ``NotFound``, or ``Conflict`` for a file that is shared."""
        async with self._database.transaction() as transaction:
            key = await sweep_queries.delete_own_draft(transaction.connection, actor, file_id)
        if key is None:
            await self.find(actor, file_id)
            raise Conflict("The file is shared with the people of its room, and stays.", slug="file-shared")
        await remove(self._storage, key)

    async def _files(self, actor: Principal, page: Page, filters: dict[str, UUID]) -> tuple[list[FileItem], str | None]:
        async with self._database.reading() as connection:
            rows = await queries.files(connection, actor, page.after, page.limit + 1, filters)
        found, next_cursor = cut(rows, page.limit, _place)
        return [file_on_wire(each) for each in found], next_cursor


def _place(file: StoredFile) -> Cursor:
    assert file.shared_at is not None
    return Cursor.at(file.shared_at, file.id)
