"""All SQL of projects and membership."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CollectionAggregate,
    ColumnElement,
    Select,
    String,
    and_,
    any_,
    bindparam,
    case,
    cast,
    delete,
    func,
    literal,
    or_,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.models import Account
from app.accounts.principal import Principal
from app.core.database import fetch
from app.core.pagination import Cursor
from app.core.types import HOST_ID, HostId
from app.projects.access import ACTOR, FITS_PART, IS_OF_ROOM, reachable_projects, reachable_rooms
from app.projects.models import ProjectMember, Room, RoomRead, host_projects, host_users
from app.projects.preflight import HostSchema
from app.projects.roles import MemberRole, Source

NAMELESS = "Somebody"
"""The name of a host's user who has no account here."""

SORTED_BY = 200
"""How many characters of their names put projects in order: a cursor holds them."""

_BLANKS = " \t\n\r\v\f\u00a0\u2002\u2003\u2009\u200b\u3000"


@dataclass(frozen=True, slots=True)
class StoredProject:
    """A project as one person sees it; ``role`` is their part in it, None for who reaches it without one."""

    id: HostId
    name: str
    role: str | None


async def project(
    connection: AsyncConnection, host: HostSchema, actor: Principal, project_id: HostId
) -> StoredProject | None:
    parameters = {"actor_id": actor.user_id, "project_id": project_id}
    rows = await fetch(connection, _project(host, reachable_projects(actor)), parameters)
    return StoredProject(*rows[0]) if rows else None


async def projects(
    connection: AsyncConnection, host: HostSchema, actor: Principal, after: Cursor | None, limit: int
) -> list[StoredProject]:
    """The actor's projects by name, after the cursor."""
    statement, name = _projects(host, reachable_projects(actor))
    key = func.left(name, SORTED_BY)
    statement = statement.order_by(key, host_projects.c.id).limit(limit)
    if after is not None:
        statement = statement.where(tuple_(key, host_projects.c.id) > tuple_(literal(after.key), literal(after.id)))
    return [StoredProject(*row) for row in await connection.execute(statement, {"actor_id": actor.user_id})]


async def is_reachable(connection: AsyncConnection, actor: Principal, project_id: HostId) -> bool:
    """Whether the project is in reach."""
    parameters = {"actor_id": actor.user_id, "project_id": project_id}
    return bool(await fetch(connection, _reach(reachable_projects(actor)), parameters))


@cache
def _reach(reachable: Select[HostId]) -> Select[HostId]:
    project_id = bindparam("project_id", type_=HOST_ID)
    return select(host_projects.c.id).where(host_projects.c.id == project_id, host_projects.c.id.in_(reachable))


_OWN_PROJECTS = select(ProjectMember.project_id).where(ProjectMember.user_id == ACTOR)


async def own_projects(connection: AsyncConnection, actor: Principal) -> list[HostId]:
    """The projects the actor has a part in."""
    return [row[0] for row in await fetch(connection, _OWN_PROJECTS, {"actor_id": actor.user_id})]


async def unread_messages(
    connection: AsyncConnection, actor: Principal, project_ids: Sequence[HostId]
) -> dict[HostId, int]:
    """Messages of each project's rooms in reach that the actor has not read; projects without any are left out."""
    parameters = {"actor_id": actor.user_id, "project_ids": project_ids}
    return {row[0]: row[1] for row in await fetch(connection, _unread_messages(reachable_rooms(actor)), parameters)}


@cache
def _unread_messages(reachable: Select[UUID]) -> Select[HostId, int]:
    unread = cast(func.sum(Room.last_number - RoomRead.number), BigInteger)
    return (
        select(Room.project_id, unread)
        .join(RoomRead, and_(RoomRead.room_id == Room.id, RoomRead.user_id == ACTOR))
        .where(
            Room.project_id == func.any(bindparam("project_ids", type_=ARRAY(HOST_ID))),
            Room.id.in_(reachable),
            Room.last_number > RoomRead.number,
        )
        .group_by(Room.project_id)
    )


@cache
def _project(host: HostSchema, reachable: Select[HostId]) -> Select[HostId, str, str | None]:
    statement, _ = _projects(host, reachable)
    return statement.where(host_projects.c.id == bindparam("project_id"))


@cache
def _projects(
    host: HostSchema, reachable: Select[HostId]
) -> tuple[Select[HostId, str, str | None], ColumnElement[str]]:
    """The projects within reach, and the expression of their name."""
    name = project_name(host)
    own = and_(ProjectMember.project_id == host_projects.c.id, ProjectMember.user_id == ACTOR)
    statement = (
        select(host_projects.c.id, name, ProjectMember.role)
        .select_from(host_projects)
        .outerjoin(ProjectMember, own)
        .where(host_projects.c.id.in_(reachable))
    )
    return statement, name


def project_name(host: HostSchema) -> ColumnElement[str]:
    """The project's name, or a short form of its id where the host gives none."""
    short_id = func.concat("Project ", func.left(cast(host_projects.c.id, String), 8))
    if not host.has_project_name:
        return short_id
    name = func.btrim(cast(host_projects.c.name, String), _BLANKS)
    return case((or_(name.is_(None), name == ""), short_id), else_=name)


@dataclass(frozen=True, slots=True)
class StoredMembership:
    """A person's part in a project, and who says so."""

    role: str
    source: str


async def membership(connection: AsyncConnection, project_id: HostId, user_id: HostId) -> StoredMembership | None:
    """The person's part in the project, which nobody else changes until the transaction ends."""
    statement = (
        select(ProjectMember.role, ProjectMember.source)
        .where(ProjectMember.project_id == project_id, ProjectMember.user_id == user_id)
        .with_for_update()
    )
    row = (await connection.execute(statement)).one_or_none()
    return None if row is None else StoredMembership(*row)


async def put_member(connection: AsyncConnection, project_id: HostId, user_id: HostId, role: str) -> None:
    statement = insert(ProjectMember).values(project_id=project_id, user_id=user_id, role=role)
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=[ProjectMember.project_id, ProjectMember.user_id],
            set_={"role": role, "source": Source.PORTAL},
        )
    )


async def open_rooms(connection: AsyncConnection, project_ids: Collection[HostId]) -> None:
    """A room for each client of the projects, and a read mark in it for each of its people; keeps those there are."""
    clients = select(ProjectMember.project_id, ProjectMember.user_id).where(
        ProjectMember.project_id == _any_of(project_ids), ProjectMember.role == MemberRole.CLIENT
    )
    await connection.execute(insert(Room).from_select(["project_id", "client_id"], clients).on_conflict_do_nothing())
    people = (
        select(Room.id, ProjectMember.user_id, Room.last_number)
        .join(ProjectMember, ProjectMember.project_id == Room.project_id)
        .where(Room.project_id == _any_of(project_ids), IS_OF_ROOM)
    )
    await connection.execute(
        insert(RoomRead).from_select(["room_id", "user_id", "number"], people).on_conflict_do_nothing()
    )


def _any_of(ids: Collection[HostId]) -> CollectionAggregate[Any]:
    """Any of them, however many: as one array, not as a parameter each."""
    return any_(literal(list(ids), ARRAY(HOST_ID)))


async def remove_member(connection: AsyncConnection, project_id: HostId, user_id: HostId) -> None:
    await connection.execute(
        delete(ProjectMember).where(ProjectMember.project_id == project_id, ProjectMember.user_id == user_id)
    )


async def team(connection: AsyncConnection, project_id: HostId) -> list[HostId]:
    """Those who work on this project."""
    statement = select(ProjectMember.user_id).where(
        ProjectMember.project_id == project_id, ProjectMember.role != MemberRole.CLIENT
    )
    return list((await connection.execute(statement)).scalars())


@dataclass(frozen=True, slots=True)
class StoredMember:
    user_id: HostId
    display_name: str
    role: str


_PEOPLE = (
    select(ProjectMember.user_id, func.coalesce(Account.display_name, NAMELESS), ProjectMember.role)
    .outerjoin(Account, Account.user_id == ProjectMember.user_id)
    .where(
        ProjectMember.project_id == bindparam("project_id", type_=HOST_ID),
        FITS_PART,
        or_(Account.user_id.is_(None), Account.is_active),
    )
    .order_by(Account.display_name, ProjectMember.user_id)
)


async def people(connection: AsyncConnection, project_id: HostId) -> list[StoredMember]:
    """Those who have a part in the project and can sign in, by name."""
    return [StoredMember(*row) for row in await fetch(connection, _PEOPLE, {"project_id": project_id})]


_DISPLAY_NAME = select(Account.display_name).where(Account.user_id == ACTOR)
ACTOR_NAME = func.coalesce(_DISPLAY_NAME.scalar_subquery(), NAMELESS)
"""What the caller is called, as a column."""


def columns_of_event(
    host: HostSchema, project_id: ColumnElement[HostId]
) -> tuple[ColumnElement[str], ColumnElement[str | None], ColumnElement[str | None]]:
    """What is said of who did something in the project of a column: their name, their part in it, and its name."""
    part = select(ProjectMember.role).where(ProjectMember.project_id == project_id, ProjectMember.user_id == ACTOR)
    name = select(project_name(host)).where(host_projects.c.id == project_id)
    return ACTOR_NAME, part.scalar_subquery(), name.scalar_subquery()


async def display_name(connection: AsyncConnection, actor: Principal) -> str:
    """What the actor is called."""
    rows = await fetch(connection, _DISPLAY_NAME, {"actor_id": actor.user_id})
    return rows[0][0] if rows else NAMELESS


async def room_of(connection: AsyncConnection, project_id: HostId, client_id: HostId) -> UUID | None:
    """The room that the person has, or had, as the project's client."""
    statement = select(Room.id).where(Room.project_id == project_id, Room.client_id == client_id)
    return (await connection.execute(statement)).scalar_one_or_none()


async def managers(connection: AsyncConnection, project_id: HostId) -> list[HostId]:
    """The users who manage this project."""
    statement = select(ProjectMember.user_id).where(
        ProjectMember.project_id == project_id, ProjectMember.role == MemberRole.MANAGER
    )
    return list((await connection.execute(statement)).scalars())


async def user_exists(connection: AsyncConnection, user_id: HostId) -> bool:
    return (await connection.execute(select(host_users.c.id).where(host_users.c.id == user_id))).first() is not None


async def project_exists(connection: AsyncConnection, project_id: HostId) -> bool:
    statement = select(host_projects.c.id).where(host_projects.c.id == project_id)
    return (await connection.execute(statement)).first() is not None
