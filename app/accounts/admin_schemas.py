"""Accounts and the audit log as admins see them."""

import re
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from app.accounts.audit import Action
from app.accounts.roles import Role
from app.accounts.schemas import Email, NewPassword
from app.core.pagination import PageQuery
from app.core.types import NO_ADDRESS, NOT_BLANK, ONE_LINE, STORABLE, HostId

# What a sign-in form takes for an address; whether mail arrives there is shown by mail.
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+")


def _is_email(text: str) -> str:
    if not _EMAIL.fullmatch(text):
        raise ValueError(f"{text!r} is not an e-mail address.")
    return text


NewEmail = Annotated[Email, AfterValidator(_is_email)]
DisplayName = Annotated[
    str, StringConstraints(max_length=200, strip_whitespace=True), STORABLE, ONE_LINE, NOT_BLANK, NO_ADDRESS
]
Search = Annotated[str, Field(max_length=200, description="A part of the text, whatever its case"), STORABLE]


class AccountsQuery(PageQuery):
    """Which accounts are asked for."""

    q: Search = ""
    role: Role | None = None
    is_active: bool | None = None

    def filters(self) -> dict[str, Any]:
        return self.model_dump(include={"q", "role", "is_active"})


class Account(BaseModel):
    """An account; ``projects`` counts those its person is a member of.

    ``email_suppressed`` says that nothing is sent to its address: a server said that it takes no mail, or an admin.
    """

    user_id: HostId
    email: str
    display_name: str
    role: Role
    is_active: bool
    created_at: datetime
    updated_at: datetime
    last_sign_in_at: datetime | None
    email_suppressed: bool
    projects: int


class Membership(BaseModel):
    """A person's part in a project, and who says so."""

    project_id: HostId
    project_name: str
    role: Literal["manager", "developer", "client"]
    source: Literal["portal", "host"]


class AccountWithMemberships(Account):
    memberships: list[Membership]


class NewAccount(BaseModel):
    """The sign-in of an existing user, who gets a first password, or sets one by a one-time link."""

    user_id: HostId
    email: NewEmail
    display_name: DisplayName
    role: Role
    first_password: Literal["generated", "link"] = "link"  # noqa: S105 (a word, not a secret)


class PasswordLink(BaseModel):
    """A link by which a person sets their password, once. Shown once: only a hash of it is kept."""

    link: str
    expires_at: datetime


class CreatedAccount(BaseModel):
    """A new account, and what its person signs in with for the first time. Shown once."""

    account: Account
    first_password: str | None
    link: str | None
    link_expires_at: datetime | None


class AccountChange(BaseModel):
    """What is to be changed; what is left out, or null, stays."""

    email: NewEmail | None = None
    display_name: DisplayName | None = None
    role: Role | None = None
    is_active: bool | None = None


class PasswordByLink(BaseModel):
    token: Annotated[str, StringConstraints(min_length=1, max_length=200), STORABLE]
    new_password: NewPassword


class AuditQuery(PageQuery):
    """Which entries are asked for: about a person, about a project, of a kind."""

    user_id: HostId | None = None
    project_id: HostId | None = None
    action: Action | None = None

    def filters(self) -> dict[str, Any]:
        return self.model_dump(include={"user_id", "project_id", "action"})


class AuditedPerson(BaseModel):
    """``display_name`` is null for who has no account (any more)."""

    id: HostId
    display_name: str | None


class AuditedProject(BaseModel):
    id: HostId
    name: str


class AuditEntry(BaseModel):
    """What was done. ``actor`` is null for a command, for the host, and for who is not known."""

    id: UUID
    at: datetime
    action: Action
    actor: AuditedPerson | None
    user: AuditedPerson | None
    project: AuditedProject | None
    address: str | None
    details: dict[str, Any]
