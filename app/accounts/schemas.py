"""Accounts on the wire."""

from typing import Annotated

from pydantic import BaseModel, StringConstraints

from app.accounts.roles import Role
from app.core.types import STORABLE, HostId

PASSWORD_MIN, PASSWORD_MAX = 8, 256

Email = Annotated[str, StringConstraints(min_length=3, max_length=254, strip_whitespace=True), STORABLE]
Password = Annotated[str, StringConstraints(min_length=1, max_length=PASSWORD_MAX), STORABLE]
NewPassword = Annotated[str, StringConstraints(min_length=PASSWORD_MIN, max_length=PASSWORD_MAX), STORABLE]


class Credentials(BaseModel):
    email: Email
    password: Password


class PasswordChange(BaseModel):
    current_password: Password
    new_password: NewPassword


class Me(BaseModel):
    """The caller; name and e-mail are null for a host's user without an account here."""

    id: HostId
    display_name: str | None
    email: str | None
    role: Role | None


class SignedIn(BaseModel):
    access_token: str
    token_type: str = "bearer"  # noqa: S105 (a scheme, not a secret)
    expires_in: int
    user: Me
