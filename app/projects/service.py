"""Projects as a person sees them, and membership."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict

from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.audit import Action, Actor, record
from app.accounts.principal import Principal
from app.accounts.queries import hold_account
from app.accounts.roles import Role
from app.core.database import Database, Signal, Transaction
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.pagination import Cursor, Page, cut
from app.core.types import HostId
from app.projects import queries
from app.projects.preflight import HostSchema
from app.projects.queries import StoredProject
from app.projects.roles import PARTS_OF, MemberRole, Source
from app.projects.schemas import Progress, Project, ProjectPerson

CountByProject = Callable[[Principal, Sequence[HostId]], Awaitable[Mapping[HostId, int]]]
"""A figure about each project that a feature above this one knows."""


ProgressByProject = Callable[[Sequence[HostId]], Awaitable[Mapping[HostId, Progress]]]
"""How far each project is; projects without tasks are left out."""


class ProjectService:
    """What a person sees of projects. ``unread`` counts their unread notifications of each."""

    def __init__(
        self, database: Database, host: HostSchema, unread: CountByProject, progress: ProgressByProject
    ) -> None:
        self._database = database
        self._host = host
        self._unread = unread
        self._progress = progress

    async def find(self, connection: AsyncConnection, actor: Principal, project_id: HostId) -> StoredProject:
        """The project, if the actor reaches it; raises ``NotFound`` otherwise. Works in the caller's connection."""
        found = await queries.project(connection, self._host, actor, project_id)
        if found is None:
            raise NotFound
        return found

    async def find_for_work(self, connection: AsyncConnection, actor: Principal, project_id: HostId) -> StoredProject:
        """The project, for one of its team; raises ``NotFound`` out of reach, and ``Forbidden`` for a client of it.

        The account's role alone does not say so: somebody may have made a developer a client of this project.
        """
        found = await self.find(connection, actor, project_id)
        if found.role == MemberRole.CLIENT:
            raise Forbidden("Your part in this project does not allow it.")
        return found

    async def people(self, actor: Principal, project_id: HostId) -> list[ProjectPerson]:
        """Who has a part in the project and can sign in, for one of its team; raises as ``find_for_work`` does."""
        async with self._database.reading() as connection:
            await self.find_for_work(connection, actor, project_id)
            found = await queries.people(connection, project_id)
        return [
            ProjectPerson(id=each.user_id, display_name=each.display_name, role=MemberRole(each.role)) for each in found
        ]

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
        ids = [each.id for each in projects]
        unread = await self._unread(actor, ids)
        async with self._database.reading() as connection:
            messages = await queries.unread_messages(connection, actor, ids)
        progress = await self._progress(ids)
        figures = {
            id_: {
                "unread_count": unread.get(id_, 0),
                "unread_messages": messages.get(id_, 0),
                "progress": progress.get(id_),
            }
            for id_ in ids
        }
        return [Project.model_validate(asdict(each) | figures[each.id]) for each in projects]


async def add_member(
    transaction: Transaction, actor: Actor, project_id: HostId, user_id: HostId, role: MemberRole
) -> None:
    """Puts an existing user into an existing project, or changes their part in it; a client gets a room.

    Raises ``Invalid`` if either is unknown, or if their account's role cannot have that part.
    """
    if not await queries.project_exists(transaction.connection, project_id):
        raise Invalid(f"There is no project {project_id} in public.projects.")
    if not await queries.user_exists(transaction.connection, user_id):
        raise Invalid(f"There is no user {user_id} in public.users.")
    # Held, so that its role does not change meanwhile into one that cannot have this part.
    account = await hold_account(transaction.connection, user_id)
    if account is not None and role not in PARTS_OF[Role(account.role)]:
        raise Invalid(f"An account with the role {account.role} cannot be a project's {role}.")
    before = await queries.membership(transaction.connection, project_id, user_id)
    await queries.put_member(transaction.connection, project_id, user_id, role)
    await queries.open_rooms(transaction.connection, [project_id])
    if before is None or (before.role, before.source) != (role, Source.PORTAL):
        action = Action.MEMBER_CHANGED if before else Action.MEMBER_ADDED
        details = {"role": role.value} | ({"role_before": before.role} if before else {})
        if before is not None and before.source != Source.PORTAL:
            details |= {"source_before": before.source}
        await record(transaction, actor, action, user_id=user_id, project_id=project_id, details=details)
    await _announce(transaction, project_id, user_id)


async def remove_member(transaction: Transaction, actor: Actor, project_id: HostId, user_id: HostId) -> None:
    """Takes a user out of a project, whose rooms stay.

    Raises ``Invalid`` if they were not in it, and ``Conflict`` if the host says that they are.
    """
    before = await queries.membership(transaction.connection, project_id, user_id)
    if before is None:
        raise Invalid(f"User {user_id} is not a member of project {project_id}.")
    if before.source == Source.HOST:
        raise Conflict("The host's assignment says so: change it there.", slug="assigned-by-host")
    await queries.remove_member(transaction.connection, project_id, user_id)
    details = {"role_before": before.role}
    await record(transaction, actor, Action.MEMBER_REMOVED, user_id=user_id, project_id=project_id, details=details)
    await _announce(transaction, project_id, user_id)


async def _announce(transaction: Transaction, project_id: HostId, user_id: HostId) -> None:
    """What a person reaches has changed, and so have their list and count, and the sockets they may hold.

    A client's room opens or closes with it: for those who have it before them, and in the lists of the team.
    """
    transaction.signals.append(Signal("reach", {"user": str(user_id), "project": str(project_id)}))
    room_id = await queries.room_of(transaction.connection, project_id, user_id)
    if room_id is not None:
        transaction.signals.append(Signal("room", {"room": str(room_id)}))
        team = await queries.team(transaction.connection, project_id)
        transaction.signals.extend(Signal("rooms", {"user": str(each)}) for each in team)
