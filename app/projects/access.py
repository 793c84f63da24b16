"""The one place that decides what a person may reach. Queries build on these statements.

Out of reach and never there are the same: a query through reach finds nothing, and the answer is 404.
"""

from typing import Any

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, exists, or_, select

from app.accounts.models import Account
from app.accounts.principal import Principal
from app.accounts.roles import ROLES_WITH, Permission
from app.core.types import HostId
from app.projects.models import ProjectMember, host_projects


def reachable_projects(actor: Principal) -> Select[HostId]:
    """The ids of the projects this actor reaches: all for an admin, else those they belong to."""
    if actor.may(Permission.REACH_ALL_PROJECTS):
        return select(host_projects.c.id)
    return select(ProjectMember.project_id).where(ProjectMember.user_id == actor.user_id)


def reaches(user_id: SQLColumnExpression[Any], project_id: SQLColumnExpression[Any]) -> ColumnElement[bool]:
    """Whether the person in one column reaches the project in another, for statements about many people at once."""
    all_reaching = ROLES_WITH[Permission.REACH_ALL_PROJECTS]
    return or_(
        exists().where(ProjectMember.project_id == project_id, ProjectMember.user_id == user_id),
        exists().where(Account.user_id == user_id, Account.role.in_(sorted(all_reaching)), Account.is_active),
    )
