"""Projects and members as admins see them."""

from datetime import datetime

from pydantic import BaseModel

from app.accounts.admin_schemas import Search
from app.accounts.roles import Role
from app.core.pagination import PageQuery
from app.core.types import HostId
from app.projects.roles import MemberRole, Source


class SearchQuery(PageQuery):
    """Which part of a list that can be searched."""

    q: Search = ""


class HostUser(BaseModel):
    """A user of the host, of whom the portal reads nothing but the id."""

    user_id: HostId


class ProjectFigures(BaseModel):
    """A project, and how many members and rooms it has."""

    id: HostId
    name: str
    members: int
    rooms: int


class Member(BaseModel):
    """A member of a project; what is of their account is null where they have none."""

    user_id: HostId
    display_name: str | None
    email: str | None
    account_role: Role | None
    is_active: bool | None
    role: MemberRole
    source: Source
    created_at: datetime


class Part(BaseModel):
    """The part that a person is to have in a project."""

    role: MemberRole
