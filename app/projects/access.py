"""The one place that decides what a person may reach. Queries build on these statements.

Out of reach and never there are the same: a query through reach finds nothing, and the answer is 404.
"""

from typing import Any

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, bindparam, exists, or_, select

from app.accounts.models import Account
from app.accounts.principal import Principal
from app.accounts.roles import ROLES_WITH, Permission
from app.core.types import HOST_ID, HostId
from app.projects.models import ProjectMember, host_projects

ACTOR = bindparam("actor_id", type_=HOST_ID)
"""The caller in statements that are built once: building one costs more than running it."""

_ALL_PROJECTS = select(host_projects.c.id)
_OWN_PROJECTS = select(ProjectMember.project_id).where(ProjectMember.user_id == ACTOR)


def reachable_projects(actor: Principal) -> Select[HostId]:
    """The ids of the projects this actor reaches: all for an admin, else those they belong to. Takes ``ACTOR``."""
    return _ALL_PROJECTS if actor.may(Permission.REACH_ALL_PROJECTS) else _OWN_PROJECTS


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


def _reaches_all(user_id: SQLColumnExpression[Any]) -> ColumnElement[bool]:
    has_role = or_(*(Account.role == role for role in sorted(ROLES_WITH[Permission.REACH_ALL_PROJECTS])))
    is_such = exists().where(Account.user_id == user_id, has_role, Account.is_active)
    return is_such.correlate_except(Account)
