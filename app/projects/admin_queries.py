"""All SQL of projects and members as admins see them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, String, and_, cast, exists, func, literal, or_, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.admin_queries import contains
from app.accounts.models import Account
from app.core.pagination import Cursor
from app.core.types import HostId
from app.projects.models import ProjectMember, Room, host_projects, host_users
from app.projects.preflight import HostSchema
from app.projects.queries import SORTED_BY, project_name


async def users_without_account(connection: AsyncConnection, q: str, after: Cursor | None, limit: int) -> list[HostId]:
    """Host users who have no account, by id; ``q`` is a part of the id."""
    id_ = host_users.c.id
    has_account = exists().where(Account.user_id == id_)
    statement = select(id_).where(~has_account, _id_matches(id_, q)).order_by(id_).limit(limit)
    if after is not None:
        statement = statement.where(id_ > after.id)
    return list((await connection.execute(statement)).scalars())


def _id_matches(column: ColumnElement[HostId], q: str) -> ColumnElement[bool]:
    """Whether an id is, or holds, what somebody typed. A whole one is looked up by index."""
    if not q:
        return true()
    try:
        return column == UUID(q.strip())
    except ValueError:
        return contains(cast(column, String), q.strip())


@dataclass(frozen=True, slots=True)
class ProjectRow:
    id: HostId
    name: str
    members: int
    rooms: int


async def projects(
    connection: AsyncConnection, host: HostSchema, q: str, after: Cursor | None, limit: int
) -> list[ProjectRow]:
    """All projects by name; ``q`` is a part of the name or the id."""
    id_, name = host_projects.c.id, project_name(host)
    key = func.left(name, SORTED_BY)
    members = select(func.count()).where(ProjectMember.project_id == id_).scalar_subquery()
    rooms = select(func.count()).where(Room.project_id == id_).scalar_subquery()
    statement = select(id_, name, members, rooms).order_by(key, id_).limit(limit)
    if q:
        statement = statement.where(or_(contains(name, q), _id_matches(id_, q)))
    if after is not None:
        statement = statement.where(tuple_(key, id_) > tuple_(literal(after.key), literal(after.id)))
    return [ProjectRow(*row) for row in await connection.execute(statement)]


async def project_names(
    connection: AsyncConnection, host: HostSchema, project_ids: Collection[HostId]
) -> dict[HostId, str]:
    statement = select(host_projects.c.id, project_name(host)).where(host_projects.c.id.in_(project_ids))
    return {row[0]: row[1] for row in await connection.execute(statement)}


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A member of a project; name, e-mail, role and state are None without an account. Sorted by ``key``."""

    user_id: HostId
    display_name: str | None
    email: str | None
    account_role: str | None
    is_active: bool | None
    role: str
    source: str
    created_at: datetime
    key: str


async def members(connection: AsyncConnection, project_id: HostId, after: Cursor | None, limit: int) -> list[MemberRow]:
    """The project's members by name; those without an account by id."""
    id_ = ProjectMember.user_id
    key = func.lower(func.left(func.coalesce(Account.display_name, cast(id_, String)), SORTED_BY))
    statement = (
        select(
            id_,
            Account.display_name,
            Account.email,
            Account.role,
            Account.is_active,
            ProjectMember.role,
            ProjectMember.source,
            ProjectMember.created_at,
            key,
        )
        .outerjoin(Account, Account.user_id == id_)
        .where(ProjectMember.project_id == project_id)
        .order_by(key, id_)
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(tuple_(key, id_) > tuple_(literal(after.key), literal(after.id)))
    return [MemberRow(*row) for row in await connection.execute(statement)]


async def counts_of_projects(connection: AsyncConnection, user_ids: Collection[HostId]) -> dict[HostId, int]:
    """Of how many projects each of these is a member; who is of none is left out."""
    statement = (
        select(ProjectMember.user_id, func.count())
        .where(ProjectMember.user_id.in_(user_ids))
        .group_by(ProjectMember.user_id)
    )
    return {row[0]: row[1] for row in await connection.execute(statement)}


async def counts_of_parts(connection: AsyncConnection, user_id: HostId) -> dict[str, int]:
    """Each part that this person has, and in how many projects."""
    statement = (
        select(ProjectMember.role, func.count()).where(ProjectMember.user_id == user_id).group_by(ProjectMember.role)
    )
    return {row[0]: row[1] for row in await connection.execute(statement)}


@dataclass(frozen=True, slots=True)
class MembershipRow:
    project_id: HostId
    project_name: str
    role: str
    source: str


async def memberships(connection: AsyncConnection, host: HostSchema, user_id: HostId) -> list[MembershipRow]:
    """The person's parts in projects, by the projects' names."""
    name = project_name(host)
    own = and_(ProjectMember.project_id == host_projects.c.id, ProjectMember.user_id == user_id)
    statement = (
        select(host_projects.c.id, name, ProjectMember.role, ProjectMember.source)
        .join(ProjectMember, own)
        .order_by(func.left(name, SORTED_BY), host_projects.c.id)
    )
    return [MembershipRow(*row) for row in await connection.execute(statement)]
