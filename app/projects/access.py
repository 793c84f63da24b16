"""The one place that decides what a person may reach. Queries build on these statements.

Out of reach and never there are the same: a query through reach finds nothing, and the answer is 404.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, bindparam, exists, or_, select, union_all

from app.accounts.models import Account
from app.accounts.principal import Principal
from app.accounts.roles import ROLES_WITH, Permission, Role
from app.core.types import HOST_ID, HostId
from app.projects.models import ProjectMember, Room, host_projects
from app.projects.roles import MemberRole

ACTOR = bindparam("actor_id", type_=HOST_ID)
"""The caller in statements that are built once: building one costs more than running it."""

_ALL_PROJECTS = select(host_projects.c.id)
_OWN_PROJECTS = select(ProjectMember.project_id).where(ProjectMember.user_id == ACTOR)


def reachable_projects(actor: Principal) -> Select[HostId]:
    """The ids of the projects this actor reaches: all for an admin, else those they belong to. Takes ``ACTOR``."""
    return _ALL_PROJECTS if actor.may(Permission.REACH_ALL_PROJECTS) else _OWN_PROJECTS


_OWN_ROOMS = (
    select(Room.id)
    .join(ProjectMember, and_(ProjectMember.project_id == Room.project_id, ProjectMember.user_id == Room.client_id))
    .where(Room.client_id == ACTOR, ProjectMember.role == MemberRole.CLIENT)
)
_TEAMS_ROOMS = (
    select(Room.id)
    .join(ProjectMember, ProjectMember.project_id == Room.project_id)
    .where(ProjectMember.user_id == ACTOR, ProjectMember.role != MemberRole.CLIENT)
)
_OWN_AND_TEAMS_ROOMS = union_all(_OWN_ROOMS, _TEAMS_ROOMS).subquery()
_ALL_ROOMS = select(Room.id)
_MEMBERS_ROOMS = select(_OWN_AND_TEAMS_ROOMS.c.id)


def reachable_rooms(actor: Principal) -> Select[UUID]:
    """The ids of the rooms this actor reaches. Takes ``ACTOR``.

    An admin reaches all; a client their own, as long as they are the project's client; developers and managers those
    of the projects they belong to. Both the account's role and the part in the project must allow it: a client whom
    somebody made a project's manager by mistake still sees no other client.
    """
    if actor.may(Permission.REACH_ALL_PROJECTS):
        return _ALL_ROOMS
    return _MEMBERS_ROOMS if actor.may(Permission.REACH_CLIENTS_ROOMS) else _OWN_ROOMS


FITS_PART = or_(Account.user_id.is_(None), (Account.role == Role.CLIENT) == (ProjectMember.role == MemberRole.CLIENT))
"""Whether a member's account is of the same side as their part: a buyer must not hear what the team does. For
statements that read ``ProjectMember`` with their ``Account``, if they have one."""

IS_OF_ROOM = or_(ProjectMember.role != MemberRole.CLIENT, ProjectMember.user_id == Room.client_id)
"""Whether a member of a room's project is one of the room's people: of the team, or its client."""


_has_client = exists().where(
    ProjectMember.project_id == Room.project_id,
    ProjectMember.user_id == Room.client_id,
    ProjectMember.role == MemberRole.CLIENT,
)
ROOM_IS_OPEN = _has_client.correlate_except(ProjectMember)
"""Whether a room's client still is one of its project: what is closed can be read, but nothing is added to it. For
statements that read ``Room``."""


def belongs_to_room(user_id: SQLColumnExpression[Any]) -> ColumnElement[bool]:
    """Whether the person in a column is one of the room's people: its client, or of the project's team.

    For statements that read ``Room`` already. An admin who looks on is not one of them.
    """
    is_member = exists().where(
        ProjectMember.project_id == Room.project_id, ProjectMember.user_id == user_id, IS_OF_ROOM
    )
    return is_member.correlate_except(ProjectMember)


def reaches(user_id: SQLColumnExpression[Any], project_id: SQLColumnExpression[Any]) -> ColumnElement[bool]:
    """Whether the person in one column reaches the project in another, for statements about many people at once.

    Take the person from an outer query: then Postgres asks for each row by index. Where both columns are of the row
    itself, it may choose to read the whole membership table first.
    """
    is_member = exists().where(ProjectMember.project_id == project_id, ProjectMember.user_id == user_id)
    return or_(is_member.correlate_except(ProjectMember), _reaches_all(user_id))


def actor_reaches(project_id: SQLColumnExpression[Any]) -> ColumnElement[bool]:
    """Whether the caller, ``ACTOR``, reaches the project in a column.

    The same as ``reaches(ACTOR, project_id)``, but nothing in it depends on the row: Postgres looks up the caller's
    projects once.
    """
    return or_(project_id.in_(_OWN_PROJECTS), _reaches_all(ACTOR))


_has_such_role = or_(*(Account.role == role for role in sorted(ROLES_WITH[Permission.REACH_ALL_PROJECTS])))
REACHES_ALL = and_(_has_such_role, Account.is_active)
"""Whether an account reaches every project, without a part in it. For statements that read ``Account``."""

MAY_BE_TOLD = or_(and_(ProjectMember.user_id.is_not(None), FITS_PART), REACHES_ALL)
"""Whether a person may, at this moment, be told of what happens in a project. For statements that read the person's
``ProjectMember`` there and their ``Account``, if they have them."""


def _reaches_all(user_id: SQLColumnExpression[Any]) -> ColumnElement[bool]:
    is_such = exists().where(Account.user_id == user_id, REACHES_ALL)
    return is_such.correlate_except(Account)
