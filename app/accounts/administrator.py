"""The caller of the routes that only admins have."""

from typing import Annotated

from fastapi import Depends, Request

from app.accounts.audit import Actor
from app.accounts.auth import require
from app.accounts.principal import Principal
from app.accounts.roles import Permission
from app.core.http import address_of


async def _administrator(
    request: Request, caller: Annotated[Principal, Depends(require(Permission.ADMINISTER))]
) -> Actor:
    return Actor(caller.user_id, address_of(request))


Administrator = Annotated[Actor, Depends(_administrator)]
"""An admin, as the audit log will name them; everybody else is refused."""
