"""Searching a project: through the rooms in reach, newest first, as far as a page needs."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.principal import Principal
from app.core.database import Database
from app.core.lexemes import SEPARATORS
from app.core.pagination import Cursor, Page, cut
from app.core.types import HostId
from app.notifications.events import SourceKind, route_path
from app.projects.schemas import Name
from app.projects.service import ProjectService
from app.search import queries
from app.search.marks import segments, snippet
from app.search.queries import RANKS, Hit, Limit, Place, SearchedRoom, Shown
from app.search.schemas import Found

_SEPARATORS = re.compile(SEPARATORS)
_KINDS = {rank: kind for kind, rank in RANKS.items()}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = datetime(9999, 12, 30, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NARROWEST, _WIDENING, _WIDEST = 4, 4, 1024


class SearchService:
    """Finds what people of a project wrote, and the files they shared."""

    def __init__(self, database: Database, projects: ProjectService) -> None:
        self._database = database
        self._projects = projects

    async def search(
        self, actor: Principal, project_id: HostId, text: str, kind: SourceKind | None, page: Page
    ) -> tuple[list[Found], str | None]:
        """One page of what has all words of the text, newest first; raises ``NotFound`` if the project is out of reach.

        A text without a word finds nothing.
        """
        limit = _limit(page)
        async with self._database.transaction() as transaction:
            connection = transaction.connection
            await self._projects.find(connection, actor, project_id)
            await queries.hurry(connection)
            wanted = await queries.words(connection, _SEPARATORS.sub(" ", unicodedata.normalize("NFC", text)))
            if not wanted:
                return [], None
            search = _Search(connection, project_id, await queries.rooms(connection, actor, project_id), wanted, limit)
            found = await search.hits([kind] if kind else list(SourceKind))
            hits, next_cursor = cut(found, page.limit, _cursor)
            return await search.shown(hits), next_cursor


def _cursor(hit: Hit) -> Cursor:
    return Cursor(str((hit.at - _EPOCH) // _MICROSECOND * 10 + hit.rank), hit.id)


def _limit(page: Page) -> Limit:
    if page.after is None:
        return Limit(page.limit + 1, _LATEST, 0, UUID(int=0))
    microseconds, rank = divmod(page.after.number, 10)
    return Limit(page.limit + 1, _EPOCH + microseconds * _MICROSECOND, rank, page.after.id)


@dataclass(frozen=True, slots=True)
class _Search:
    """One search, on one connection."""

    connection: AsyncConnection
    project_id: HostId
    rooms: Sequence[SearchedRoom]
    wanted: Sequence[str]
    limit: Limit

    async def hits(self, kinds: Sequence[SourceKind]) -> list[Hit]:
        """The newest of these kinds, up to the limit."""
        return self._newest([hit for kind in kinds for hit in await self._of_kind(kind)])

    async def shown(self, hits: Sequence[Hit]) -> list[Found]:
        """What is shown of them, in their order."""
        ids: dict[int, list[UUID]] = defaultdict(list)
        for hit in hits:
            ids[hit.rank].append(hit.id)
        shown = {
            rank: await queries.shown(self.connection, _KINDS[rank], of_rank, self.wanted)
            for rank, of_rank in ids.items()
        }
        return [_on_wire(self.project_id, hit, shown[hit.rank][hit.id]) for hit in hits if hit.id in shown[hit.rank]]

    async def _of_kind(self, kind: SourceKind) -> list[Hit]:
        if kind is SourceKind.MESSAGE:
            return await self._messages()
        places = {
            SourceKind.TASK: [Place(self.project_id, str(self.project_id))],
        }.get(kind, [Place(room.id, _short(room.id)) for room in self.rooms])
        return await self._look(kind, places)

    async def _messages(self) -> list[Hit]:
        """Goes back through the stretches of all rooms, a few at first, then more, until none has anything newer."""
        ahead = [
            (each.newest or _LATEST, Place(each.room_id, f"{_short(each.room_id)} {each.number}", each.number))
            for each in await queries.stretches(self.connection, self.rooms)
        ]
        found: list[Hit] = []
        width = _NARROWEST
        while ahead:
            found += await self._look(SourceKind.MESSAGE, [place for _, place in ahead[:width]])
            found = self._newest(found)
            oldest = found[-1].at if len(found) == self.limit.rows else _EPOCH
            ahead = [(newest, place) for newest, place in ahead[width:] if newest >= oldest]
            width = min(width * _WIDENING, _WIDEST)
        return found

    def _newest(self, found: list[Hit]) -> list[Hit]:
        return sorted(found, key=lambda hit: (hit.at, hit.rank, hit.id), reverse=True)[: self.limit.rows]

    async def _look(self, kind: SourceKind, places: Sequence[Place]) -> list[Hit]:
        return await queries.hits(self.connection, kind, places, self.wanted, self.limit) if places else []


def _short(room_id: UUID) -> str:
    return str(room_id)[:8]


def _on_wire(project_id: HostId, hit: Hit, shown: Shown) -> Found:
    kind = _KINDS[hit.rank]
    title = shown.author_name if shown.title is None else shown.title
    client = None if shown.client_id is None else Name(id=shown.client_id, display_name=shown.client_name or "")
    return Found(
        kind=kind,
        id=hit.id,
        room_id=shown.room_id,
        client=client,
        title=title,
        title_segments=segments(title, title if shown.marked_title is None else shown.marked_title),
        snippet=snippet(shown.body, shown.marked_body) if shown.body and shown.marked_body else [],
        author=Name(id=shown.author_id, display_name=shown.author_name),
        at=hit.at,
        route_path=route_path(project_id, kind, hit.id),
    )
