"""What admins do with projects: who belongs to them. And what account administration asks of memberships."""

from collections.abc import Collection, Mapping
from dataclasses import asdict

from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.admin_schemas import Membership
from app.accounts.audit import Actor
from app.accounts.roles import Role
from app.core.database import Database, Transaction
from app.core.errors import Conflict, NotFound
from app.core.pagination import Cursor, Page, cut
from app.core.types import HostId
from app.projects import admin_queries, queries
from app.projects.admin_schemas import HostUser, Member, ProjectFigures
from app.projects.preflight import HostSchema
from app.projects.roles import PARTS_OF, MemberRole
from app.projects.service import add_member, remove_member


class ProjectAdministration:
    """All projects and their members, for admins."""

    def __init__(self, database: Database, host: HostSchema) -> None:
        self._database = database
        self._host = host

    async def users_without_account(self, page: Page, q: str) -> tuple[list[HostUser], str | None]:
        """One page of the host's users who have no account, and the cursor of the next."""
        async with self._database.reading() as connection:
            rows = await admin_queries.users_without_account(connection, q, page.after, page.limit + 1)
        rows, next_cursor = cut(rows, page.limit, lambda id_: Cursor(str(id_), id_))
        return [HostUser(user_id=id_) for id_ in rows], next_cursor

    async def projects(self, page: Page, q: str) -> tuple[list[ProjectFigures], str | None]:
        """One page of all projects by name, and the cursor of the next."""
        async with self._database.reading() as connection:
            rows = await admin_queries.projects(connection, self._host, q, page.after, page.limit + 1)
        rows, next_cursor = cut(rows, page.limit, lambda row: Cursor(row.name[: queries.SORTED_BY], row.id))
        return [ProjectFigures(**asdict(row)) for row in rows], next_cursor

    async def members(self, project_id: HostId, page: Page) -> tuple[list[Member], str | None]:
        """One page of a project's members by name; raises ``NotFound`` for an unknown project."""
        async with self._database.reading() as connection:
            await _require_project(connection, project_id)
            rows = await admin_queries.members(connection, project_id, page.after, page.limit + 1)
        rows, next_cursor = cut(rows, page.limit, lambda row: Cursor(row.key, row.user_id))
        return [Member.model_validate(row, from_attributes=True) for row in rows], next_cursor

    async def put_member(
        self, transaction: Transaction, actor: Actor, project_id: HostId, user_id: HostId, role: MemberRole
    ) -> None:
        """As ``add_member``, but raises ``NotFound`` if the project or the user is unknown."""
        await _require_project(transaction.connection, project_id)
        if not await queries.user_exists(transaction.connection, user_id):
            raise NotFound
        await add_member(transaction, actor, project_id, user_id, role)

    async def remove_member(self, transaction: Transaction, actor: Actor, project_id: HostId, user_id: HostId) -> None:
        """As the service's, but raises ``NotFound`` if the user is not a member."""
        if await queries.membership(transaction.connection, project_id, user_id) is None:
            raise NotFound
        await remove_member(transaction, actor, project_id, user_id)

    async def counts(self, connection: AsyncConnection, user_ids: Collection[HostId]) -> Mapping[HostId, int]:
        """Of how many projects each of these is a member; who is of none is left out."""
        return await admin_queries.counts_of_projects(connection, user_ids)

    async def of(self, connection: AsyncConnection, user_id: HostId) -> list[Membership]:
        """The person's parts in projects, by the projects' names."""
        rows = await admin_queries.memberships(connection, self._host, user_id)
        return [Membership.model_validate(row, from_attributes=True) for row in rows]

    async def names(self, connection: AsyncConnection, project_ids: Collection[HostId]) -> Mapping[HostId, str]:
        """The names of all these projects, of those too that the host no longer has."""
        short = {id_: f"Project {str(id_)[:8]}" for id_ in project_ids}
        return short | await admin_queries.project_names(connection, self._host, project_ids)


async def require_fit(connection: AsyncConnection, user_id: HostId, role: Role) -> None:
    """Raises ``Conflict`` if an account of this role cannot have the parts in projects that its person has."""
    for part, count in sorted((await admin_queries.counts_of_parts(connection, user_id)).items()):
        if part not in PARTS_OF[role]:
            projects = "1 project" if count == 1 else f"{count} projects"
            raise Conflict(
                f"This person is a {part} in {projects}, which an account with the role {role} cannot be: "
                "take them out first (where the host assigned them, that is changed there).",
                slug="role-does-not-fit",
            )


async def _require_project(connection: AsyncConnection, project_id: HostId) -> None:
    if not await queries.project_exists(connection, project_id):
        raise NotFound
