"""Projects as a person sees them, and membership."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict

from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.principal import Principal
from app.core.database import Database, Signal, Transaction
from app.core.errors import Invalid, NotFound
from app.core.pagination import Cursor, Page, cut
from app.core.types import HostId
from app.projects import queries
from app.projects.preflight import HostSchema
from app.projects.queries import StoredProject
from app.projects.roles import MemberRole
from app.projects.schemas import Project

CountByProject = Callable[[Principal, Sequence[HostId]], Awaitable[Mapping[HostId, int]]]
"""A figure about each project that a feature above this one knows."""


class ProjectService:
    """What a person sees of projects. ``unread`` counts their unread notifications of each."""

    def __init__(self, database: Database, host: HostSchema, unread: CountByProject) -> None:
        self._database = database
        self._host = host
        self._unread = unread

    async def find(self, connection: AsyncConnection, actor: Principal, project_id: HostId) -> StoredProject:
        """The project, if the actor reaches it; raises ``NotFound`` otherwise. Works in the caller's connection."""
        found = await queries.project(connection, self._host, actor, project_id)
        if found is None:
            raise NotFound
        return found

    async def project(self, actor: Principal, project_id: HostId) -> Project:
        """The project with its figures; raises ``NotFound`` if the actor does not reach it."""
        async with self._database.reading() as connection:
            found = await self.find(connection, actor, project_id)
        return (await self._with_figures(actor, [found]))[0]

    async def projects(self, actor: Principal, page: Page) -> tuple[list[Project], str | None]:
        """One page of the actor's projects by name, and the cursor of the next."""
        async with self._database.reading() as connection:
            rows = await queries.projects(connection, self._host, actor, page.after, page.limit + 1)
        found, next_cursor = cut(rows, page.limit, lambda each: Cursor(each.name[: queries.SORTED_BY], each.id))
        return await self._with_figures(actor, found), next_cursor

    async def _with_figures(self, actor: Principal, projects: Sequence[StoredProject]) -> list[Project]:
        unread = await self._unread(actor, [each.id for each in projects])
        return [Project.model_validate({**asdict(each), "unread_count": unread.get(each.id, 0)}) for each in projects]


async def add_member(transaction: Transaction, project_id: HostId, user_id: HostId, role: MemberRole) -> None:
    """Puts an existing user into an existing project, or changes their part in it; ``Invalid`` if either is unknown."""
    if not await queries.project_exists(transaction.connection, project_id):
        raise Invalid(f"There is no project {project_id} in public.projects.")
    if not await queries.user_exists(transaction.connection, user_id):
        raise Invalid(f"There is no user {user_id} in public.users.")
    await queries.put_member(transaction.connection, project_id, user_id, role)
    _announce(transaction, user_id)


async def remove_member(transaction: Transaction, project_id: HostId, user_id: HostId) -> None:
    """Takes a user out of a project; raises ``Invalid`` if they were not in it."""
    if not await queries.remove_member(transaction.connection, project_id, user_id):
        raise Invalid(f"User {user_id} is not a member of project {project_id}.")
    _announce(transaction, user_id)


def _announce(transaction: Transaction, user_id: HostId) -> None:
    """What a person reaches has changed, and so have their list and count."""
    transaction.signals.append(Signal("reach", {"user": str(user_id)}))
